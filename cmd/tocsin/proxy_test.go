// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the proxy of a scene: it ends TLS in front of a node.

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/rogpeppe/go-internal/testscript"
)

// proxy ends TLS with a certificate that certify made, until the scene ends.
func proxy(ts *testscript.TestScript, _ bool, args []string) {
	behind := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: args[2]})
	server := &http.Server{Addr: "127.0.0.1:" + args[1], Handler: behind, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan error, 1)
	go func() { done <- server.ListenAndServeTLS(ts.MkAbs(args[0]+".pem"), ts.MkAbs(args[0]+".key")) }()
	ts.Defer(func() {
		_ = server.Close()
		<-done
	})
	ts.Check(patiently(func() error {
		select {
		case err := <-done:
			done <- err
			ts.Fatalf("the proxy: %v", err)
		default:
		}
		response, err := http.Get("http://" + server.Addr) // it answers that this is TLS
		if err == nil {
			err = response.Body.Close()
		}
		return err
	}))
}
