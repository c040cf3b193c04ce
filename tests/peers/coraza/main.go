// A web server behind Coraza's own net/http middleware, with the CRS of Coraza's own project.
//
// The tests of tests/peers start it; the directives decide where its audit log goes. X-Forwarded-For
// is believed, as a proxy in front would make it, and every rule match goes to an error log of its
// own, which the tests compare with what Bartizan stored.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	txhttp "github.com/corazawaf/coraza/v3/http"
	"github.com/corazawaf/coraza/v3/types"
)

func main() {
	listen := flag.String("listen", "", "host:port to serve on")
	directives := flag.String("directives", "", "file of SecLang directives")
	errorPath := flag.String("errors", "", "file for the error log")
	flag.Parse()

	text, err := os.ReadFile(*directives)
	if err != nil {
		log.Fatal(err)
	}
	errorLog, err := os.OpenFile(*errorPath, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		log.Fatal(err)
	}
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().
		WithRootFS(coreruleset.FS).
		WithDirectives(string(text)).
		WithErrorCallback(func(match types.MatchedRule) { fmt.Fprintln(errorLog, match.ErrorLog()) }))
	if err != nil {
		log.Fatal(err)
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "hello\n")
	})
	log.Fatal(http.ListenAndServe(*listen, forwarded(txhttp.WrapHandler(waf, hello))))
}

// forwarded lets the request come from the address that X-Forwarded-For names.
func forwarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if client := r.Header.Get("X-Forwarded-For"); client != "" {
			_, port, _ := net.SplitHostPort(r.RemoteAddr)
			r.RemoteAddr = net.JoinHostPort(client, port)
		}
		next.ServeHTTP(w, r)
	})
}
