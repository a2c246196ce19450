//! Proxies that lead every request to one port on loopback, whatever host it is for.

use std::{
    io::{self, BufReader, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use crate::server::{Asked, listen};

/// A proxy; it lasts as long as the process.
pub struct Proxy {
    /// Its port on loopback.
    pub port: u16,
    led: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Where it was asked to lead, with the login that came along.
    #[must_use]
    pub fn led(&self) -> Vec<String> {
        self.led.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A proxy for HTTP's CONNECT that answers with this status.
    #[must_use]
    pub fn tunnel(target: u16, status: u16) -> Self {
        let led = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&led);
        let port = listen(move |mut stream| {
            let asked = Asked::read(&mut BufReader::new(&mut stream))?.unwrap_or_default();
            let login = asked.header("proxy-authorization").join("");
            let line = format!("{} {login}", asked.line).trim_end().to_owned();
            log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            write!(stream, "HTTP/1.1 {status} x\r\n\r\n")?;
            if status == 200 { lead(stream, target) } else { Ok(()) }
        });
        Self { port, led }
    }

    /// A proxy for SOCKS 5 (RFC 1928), with a login (RFC 1929) or without one.
    #[must_use]
    pub fn socks(target: u16, has_login: bool) -> Self {
        let led = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&led);
        let port = listen(move |mut stream| {
            let methods = vector(&mut stream, 1)?;
            let method = if has_login { 2 } else { 0 };
            if !methods.contains(&method) {
                return stream.write_all(&[5, 0xff]);
            }
            stream.write_all(&[5, method])?;
            let mut login = String::new();
            if has_login {
                let user = vector(&mut stream, 1)?;
                let password = vector(&mut stream, 0)?;
                login = format!(
                    " {}:{}",
                    String::from_utf8_lossy(&user),
                    String::from_utf8_lossy(&password)
                );
                stream.write_all(&[1, 0])?;
            }
            let mut head = [0; 4];
            stream.read_exact(&mut head)?;
            let host = match head[3] {
                3 => String::from_utf8_lossy(&vector(&mut stream, 0)?).into_owned(),
                _ => {
                    let mut ip = [0; 4];
                    stream.read_exact(&mut ip)?;
                    Ipv4Addr::from(ip).to_string()
                }
            };
            let mut port = [0; 2];
            stream.read_exact(&mut port)?;
            let line = format!("{host}:{}{login}", u16::from_be_bytes(port));
            log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0])?;
            lead(stream, target)
        });
        Self { port, led }
    }
}

/// Reads bytes after their number, which stands behind others.
fn vector(from: &mut impl Read, behind: usize) -> io::Result<Vec<u8>> {
    let mut before = [0; 2];
    from.read_exact(&mut before[..=behind])?;
    let mut bytes = vec![0; before[behind].into()];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn lead(near: TcpStream, target: u16) -> io::Result<()> {
    let far = TcpStream::connect((Ipv4Addr::LOCALHOST, target))?;
    let (mut from, mut to) = (near.try_clone()?, far.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        to.shutdown(Shutdown::Write)
    });
    let (mut from, mut to) = (far, near);
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)
}
