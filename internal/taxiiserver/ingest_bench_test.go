// SPDX-License-Identifier: Apache-2.0

package taxiiserver_test

// This file measures how objects are taken in over HTTP, in batches of 1,000,
// checked and on the disk, beside a plain insert of the same rows and indexes,
// 1,000 a transaction, into the same kind of file by the driver's own interface.

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/internal/stixtest"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

const (
	batchOf = 1000
	batches = 10 // a round
)

// plain is the floor's file: the objects' tables of a store, and nothing else.
type plain struct {
	*sqlite3.Conn
	insert *sqlite3.Stmt
	place  int64
}

func newPlain(b *testing.B, dir string) *plain {
	b.Helper()
	open := func(path string) *sqlite3.Conn {
		conn, err := sqlite3.Open(path)
		must(b, err)
		b.Cleanup(func() { must(b, conn.Close()) })
		return conn
	}
	tables, _, err := open("file:" + dir + "/" + store.File).Prepare(`SELECT sql FROM sqlite_master WHERE tbl_name = 'objects' AND sql IS NOT NULL ORDER BY type DESC`)
	must(b, err)
	defer tables.Close()
	p := &plain{Conn: open("file:" + b.TempDir() + "/plain.db")}
	must(b, p.Exec(`PRAGMA page_size = 8192; PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA secure_delete = 1; PRAGMA cache_size = -16384`))
	for tables.Step() {
		must(b, p.Exec(tables.ColumnText(0)))
	}
	p.insert, _, err = p.Prepare(`INSERT INTO objects(place, hash, edge, waits, id, version, written, spec, type, origin, label, handling, body)
		VALUES(?, ?, 3, 0, ?, ?, ?, ?, ?, ?, '', '', ?)`)
	must(b, err)
	b.Cleanup(func() { must(b, p.insert.Close()) })
	return p
}

func (p *plain) keep(b *testing.B, rows []store.Object) {
	b.Helper()
	must(b, p.Exec(`BEGIN IMMEDIATE`))
	for _, row := range rows {
		p.place++
		must(b, p.insert.BindInt64(1, p.place))
		must(b, p.insert.BindInt64(2, p.place*-7046029254386353131)) // as scattered as a hash
		for i, text := range []string{row.ID, row.Version, row.Written, row.Spec, row.Type, row.Origin} {
			must(b, p.insert.BindText(3+i, text))
		}
		must(b, p.insert.BindBlob(9, row.Body))
		must(b, p.insert.Exec())
	}
	must(b, p.Exec(`COMMIT`))
}

// post sends a body and reads the answer.
func (l *line) post(body []byte) error {
	if _, err := fmt.Fprintf(l.Conn, "POST %s%sContent-Length: %d\r\n\r\n", feedObjects, l.head[:len(l.head)-2], len(body)); err != nil {
		return err
	}
	if _, err := l.Write(body); err != nil {
		return err
	}
	answer, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(answer.Body)
	if err == nil && (answer.StatusCode != http.StatusAccepted || !bytes.Contains(text, fmt.Appendf(nil, `"success_count":%d`, batchOf))) {
		err = fmt.Errorf("%s: %.200s", answer.Status, text)
	}
	return err
}

// BenchmarkIngest is objects a second, posted by one client and by four.
func BenchmarkIngest(b *testing.B) {
	for _, clients := range []int{1, 4} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			d := newDoor(b)
			address := serve(b, d.handler)
			floor := newPlain(b, d.dir)
			var lines []*line
			for range clients {
				l := d.dial(address, "Content-Type: "+taxii.MediaType+"\r\n")
				l.in = bufio.NewReader(l.Conn)
				lines = append(lines, l)
			}
			seed := uint64(0)
			var bodies [][]byte
			var rows []store.Object
			prepare := func() {
				bodies, rows = nil, nil
				for range batches {
					seed++
					raws := slices.Collect(stixtest.Objects(seed, batchOf))
					body, err := taxii.AppendEnvelope(nil, false, "", raws)
					must(b, err)
					bodies = append(bodies, body)
					for _, raw := range raws {
						object, err := stix.Parse(raw)
						must(b, err)
						row, err := store.NewObject(d.ids["feed"], "red-tool", nil, object)
						must(b, err)
						// Only what is written: nothing else is to lie in memory.
						rows = append(rows, store.Object{
							ID: row.ID, Version: row.Version, Written: row.Written, Spec: row.Spec, Type: row.Type, Origin: row.Origin, Body: row.Body,
						})
					}
				}
			}
			besides(b, "objects/s", prepare, func() float64 {
				for batch := range slices.Chunk(rows, batchOf) {
					floor.keep(b, batch)
				}
				return batches * batchOf
			}, func() float64 {
				waiting := make(chan []byte, batches)
				for _, body := range bodies {
					waiting <- body
				}
				close(waiting)
				ended := make(chan error, clients)
				for _, l := range lines {
					go func() {
						var err error
						for body := range waiting {
							if err == nil {
								err = l.post(body)
							}
						}
						ended <- err
					}()
				}
				for range lines {
					must(b, <-ended)
				}
				return batches * batchOf
			})
			if info, err := os.Stat(d.dir + "/" + store.File); err == nil {
				b.ReportMetric(float64(info.Size())/float64(seed*batchOf), "bytes/object")
			}
		})
	}
}
