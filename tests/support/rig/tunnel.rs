//! A tunnel to a replica, such as a control plane outside of a cluster has: whoever restarts it cuts what goes through it.

use std::{
    io,
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use super::{Replica, Rig, replica::PORT};

/// The tunnel; it lasts as long as the process.
pub struct Tunnel {
    /// Where it begins.
    pub address: Ipv4Addr,
    /// Both ends of each connection.
    open: Arc<Mutex<Vec<[TcpStream; 2]>>>,
}

impl Tunnel {
    /// Starts one with an address of its own.
    ///
    /// # Panics
    ///
    /// Panics if the address cannot be had.
    pub fn to(_rig: &Rig<'_>, replica: &Replica) -> Self {
        let address = super::address();
        let listener = TcpListener::bind((address, PORT)).expect("the network is our own");
        let (open, end) = (Arc::<Mutex<Vec<_>>>::default(), replica.address);
        let kept = Arc::clone(&open);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Where the replica is gone, so is this connection.
                drop(lead(stream, end, &kept));
            }
        });
        Self { address, open }
    }

    /// Cuts all connections, and takes new ones; returns how many there were.
    pub fn cut(&self) -> usize {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let cut = std::mem::take(&mut *open);
        // One that has ended already cannot be cut.
        cut.iter().flatten().for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
        cut.len()
    }
}

fn lead(stream: TcpStream, end: Ipv4Addr, open: &Mutex<Vec<[TcpStream; 2]>>) -> io::Result<()> {
    let other = TcpStream::connect((end, PORT))?;
    for stream in [&stream, &other] {
        stream.set_nodelay(true)?;
    }
    let copies = [(&stream, &other), (&other, &stream)];
    for (from, to) in copies {
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    open.lock().unwrap_or_else(PoisonError::into_inner).push([stream, other]);
    Ok(())
}
