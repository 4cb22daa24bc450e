// SPDX-License-Identifier: Apache-2.0

package node

// This file bounds how long a stranger's body may take.

import (
	"net/http"
	"time"
)

// soonWithin is how long a body may take, all of it, until a door knows whose it is
// and gives it more. What strangers may send is a link or a signature.
const soonWithin = 10 * time.Second

// soon gives the body of every request little time. A door that knows who sends it
// gives it more before it reads; one that does not read it has the server wait for
// the rest no longer than that before it answers. Once a body was read, the server
// lifts the deadline by itself.
func soon(doors http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(soonWithin)) // where there is no connection nobody waits
		}
		doors.ServeHTTP(w, r)
	})
}
