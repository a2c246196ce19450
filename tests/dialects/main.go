// Says of each expression whether Go's regexp takes it, which has the syntax of RE2.
//
// Reads one JSON string a line from standard input, and prints the line again with `ok` or `no` and a
// tab before it. With an argument, it makes up that many expressions first and prints these instead.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// Pieces that are legal, illegal, or one or the other by what stands beside them.
var pieces = strings.Fields(`
a b / /v1 . ^ $ * + ? *? +? ?? ** {2} {2,} {2,3} {3,2} {,3} {01} {1001} {id} { } ( ) (?: (?i) (?i: (?-s:
(?P<n> (?P<m> (?<o> (?P<> (?= (?! (?<= (?<! (?> (?# (?P=n) (?P>n) (?i-i) (?-) | || [a-z] [z-a] [^/]+ []a] [^]a]
[] [^] [a [[:alpha:]] [[:^digit:]] [[:word:]] [[:nope:]] [[:alpha] [\w-_] [a-\d] [\d-z] [a[b] [--/] [+--] [\b] [\]]
[\x41-\x5a] [\Q] [a-] [-a] [a&&b] [a~~b] \d \D \w+ \s* \S \b \B \A \z \Z \G \K \h \R \X \e \u0041 \cA \1 \2 \12
\0 \07 \8 \9 \x \x4 \x41 \x{41} \x{110000} \x{} \- \/ \_ \. \@ \" \pL \p{L} \P{Lu} \p{Greek} \p{^Greek} \p{Nope} \p{ \p
\Qa.b\E \Q( \E \Q\E \a \n \t \f \v \r \y \l \L \U é ü+ [é-ü] \é (a|b) (a|) (|b) () (*) (+a) a{2}{3} a{2}* (a*)* (a{500}){2}
(a{500}){3} ((a{10}){10}){10} ((a{10}){10}){11} (a{2,}){600} (a{0}){2000} (a{1000}){0} a++ a?+ a*+ .* .+ ~ # @ % & = ! < > , ; : '
`)

func invent(count int) []string {
	random := rand.New(rand.NewSource(1))
	invented := append([]string{"", " ", `\`, "a b", "\\"}, pieces...)
	for len(invented) < count {
		var text strings.Builder
		for range 1 + random.Intn(4) {
			text.WriteString(pieces[random.Intn(len(pieces))])
		}
		invented = append(invented, text.String())
	}
	return invented
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	judge := func(pattern string) {
		verdict := "ok"
		if _, err := regexp.Compile(pattern); err != nil {
			verdict = "no"
		}
		var line strings.Builder
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(pattern); err != nil {
			panic(err)
		}
		fmt.Fprintf(out, "%s\t%s", verdict, line.String())
	}
	if len(os.Args) > 1 {
		count, err := strconv.Atoi(os.Args[1])
		if err != nil {
			panic(err)
		}
		for _, pattern := range invent(count) {
			judge(pattern)
		}
		return
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var pattern string
		if err := json.Unmarshal(in.Bytes(), &pattern); err != nil {
			panic(err)
		}
		judge(pattern)
	}
}
