// SPDX-License-Identifier: Apache-2.0

package store

// This file tampers with a log of more than one block: in the second, and where
// the two are joined.

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/ledger"
)

func TestTamperingInALargeLog(t *testing.T) {
	k := newKit(t)
	const leaves = 2*ledger.BlockSize + 100
	var hands sync.WaitGroup
	for hand := range 64 {
		hands.Go(func() {
			for i := hand; i < leaves; i += 64 {
				if err := k.put(t.Context(), fmt.Sprint(i%1000), fmt.Sprint("value ", i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	hands.Wait()
	k.sound(leaves)
	db, err := sql.Open("sqlite3", "file:"+k.dir+"/"+File+"?_pragma=busy_timeout(10000)")
	k.must(err)
	defer db.Close()
	db.SetMaxOpenConns(1) // what is put aside belongs to the connection
	first, joined := tlog.StoredHashIndex(12, 0), tlog.StoredHashIndex(13, 0)
	for _, test := range []struct{ name, tamper, repair, want string }{
		{"the root of a block", fmt.Sprintf(`UPDATE hashes SET hash = zeroblob(32) WHERE idx = %d`, first), `UPDATE hashes SET hash = (SELECT body FROM kept) WHERE idx = ` + fmt.Sprint(first),
			fmt.Sprintf("hash %d of the log is not the one its leaves give", first)},
		{"where two are joined", fmt.Sprintf(`UPDATE hashes SET hash = zeroblob(32) WHERE idx = %d`, joined), `UPDATE hashes SET hash = (SELECT body FROM kept) WHERE idx = ` + fmt.Sprint(joined),
			fmt.Sprintf("hash %d of the log is not the one its leaves give", joined)},
		{"a hash gone where two are joined", fmt.Sprintf(`DELETE FROM hashes WHERE idx = %d`, joined), `INSERT INTO hashes(idx, hash) SELECT ` + fmt.Sprint(joined) + `, body FROM kept`,
			fmt.Sprintf("hash %d of the log is missing", joined)},
		{"a line in the second block", `UPDATE log SET line = CAST(replace(line, 'ines', 'olga') AS BLOB) WHERE idx = 5000`, `UPDATE log SET line = CAST(replace(line, 'olga', 'ines') AS BLOB) WHERE idx = 5000`,
			"leaf 5000: its audit line was changed"},
		{"a leaf gone from the second block", `CREATE TEMP TABLE gone AS SELECT * FROM log WHERE idx = 6000; DELETE FROM log WHERE idx = 6000`, `INSERT INTO log SELECT * FROM gone; DROP TABLE gone`,
			"the log goes from leaf 5999 to leaf 6001"},
	} {
		index := first
		if strings.Contains(test.tamper, fmt.Sprint(joined)) {
			index = joined
		}
		_, err := db.Exec(fmt.Sprintf(`CREATE TEMP TABLE kept AS SELECT hash AS body FROM hashes WHERE idx = %d`, index))
		k.must(err)
		_, err = db.Exec(test.tamper)
		k.must(err)
		if wrong := strings.Join(k.audit().Wrong, "\n"); !strings.Contains(wrong, test.want) {
			t.Errorf("%s: want %q, found %.500q", test.name, test.want, wrong)
		}
		_, err = db.Exec(test.repair)
		k.must(err)
		_, err = db.Exec(`DROP TABLE kept`)
		k.must(err)
		k.sound(leaves)
	}
}
