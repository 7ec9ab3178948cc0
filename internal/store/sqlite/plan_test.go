package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sluice/internal/ingest"
	"sluice/internal/store/sqlstore"
)

// planConn explains the queries that pass through it and fails the test for one
// that would read a whole table.
type planConn struct {
	sqlstore.Conn
	t    *testing.T
	may  []string // what the plan may contain although it scans
	want string   // what some step of the plan must contain
	seen bool
}

func (p *planConn) Query(query string, args ...any) (sqlstore.Rows, error) {
	p.explain(query, args)
	return p.Conn.Query(query, args...)
}

func (p *planConn) Exec(query string, args ...any) (int64, error) {
	p.explain(query, args)
	return p.Conn.Exec(query, args...)
}

func (p *planConn) explain(query string, args []any) {
	rows, err := p.Conn.Query("EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		p.t.Errorf("%s: %v", query, err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int64
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			p.t.Error(err)
			return
		}
		p.seen = p.seen || strings.Contains(detail, p.want)
		if strings.HasPrefix(detail, "SCAN ") && !p.allowed(detail) {
			p.t.Errorf("%s\nreads all rows: %s", query, detail)
		}
	}
}

func (p *planConn) allowed(detail string) bool {
	for _, table := range []string{"y", "z", "(subquery", "2-ITEM", "CONSTANT ROW"} { // results of inner queries
		if strings.HasPrefix(detail, "SCAN "+table) {
			return true
		}
	}
	for _, m := range p.may {
		if detail == m {
			return true
		}
	}
	return false
}

// TestPlans checks that lists and searches are served by the index that was made
// for them, on a database without statistics.
func TestPlans(t *testing.T) {
	in := []ingest.Number{7}
	p := ingest.Page{After: 5, Limit: 10}
	var many []ingest.Number
	for i := range 40 {
		many = append(many, ingest.Number(i+1))
	}
	assets := func(f ingest.AssetFilter) func(tx *sqlstore.Tx) error {
		return func(tx *sqlstore.Tx) error { _, err := tx.Assets(f, p); return err }
	}
	jobs := func(f ingest.JobFilter) func(tx *sqlstore.Tx) error {
		return func(tx *sqlstore.Tx) error { _, err := tx.Jobs(f, p); return err }
	}
	s := newTest(t)
	const allCompanies = "SCAN companies USING COVERING INDEX sqlite_autoindex_companies_3"
	for _, test := range []struct {
		name, want string
		run        func(tx *sqlstore.Tx) error
	}{
		{"assets", "INTEGER PRIMARY KEY (rowid>?)", assets(ingest.AssetFilter{})},
		{"assets of a company", "INDEX assets_company (company=? AND in_trash=? AND rowid>?)", assets(ingest.AssetFilter{Companies: in})},
		{"trash", "INDEX assets_company (company=? AND in_trash=? AND rowid>?)", assets(ingest.AssetFilter{Companies: in, Trash: true})},
		{"assets of many companies", "", assets(ingest.AssetFilter{Companies: many})},
		{"folder", "INDEX assets_folder (folder=? AND in_trash=? AND rowid>?)", assets(ingest.AssetFilter{Companies: in, Folder: 3})},
		{"subtree", "COVERING INDEX assets_folder (folder=? AND in_trash=? AND rowid>?)", assets(ingest.AssetFilter{Companies: in, Under: "a/"})},
		{"name", "INDEX assets_name (company=? AND name=? AND in_trash=? AND rowid>?)", assets(ingest.AssetFilter{Companies: in, Name: "a"})},
		{"file name", "INDEX assets_file_name (company=? AND file_name=? AND in_trash=? AND rowid>?)", assets(ingest.AssetFilter{Companies: in, Name: "a"})},
		{"name of all companies", "INDEX assets_name (company=? AND name=? AND in_trash=?", assets(ingest.AssetFilter{Name: "a"})},
		{"name of many companies", "INDEX assets_name (company=? AND name=? AND in_trash=?", assets(ingest.AssetFilter{Companies: many, Name: "a"})},
		{"prefix", "COVERING INDEX assets_name (company=? AND name>? AND name<?)", assets(ingest.AssetFilter{Companies: in, Name: "a*"})},
		{"file prefix", "COVERING INDEX assets_file_name (company=? AND file_name>? AND file_name<?)", assets(ingest.AssetFilter{Companies: in, Name: "a*"})},
		{"prefix, folder, type, state, job", "INDEX assets_name (company=? AND name>? AND name<?)",
			assets(ingest.AssetFilter{Companies: in, Name: "a*", Folder: 3, Type: "Image", State: "failed", Job: 2})},
		{"name, type", "INDEX assets_name (company=? AND name=? AND in_trash=? AND rowid>?)", assets(ingest.AssetFilter{Companies: in, Name: "a", Type: "Image"})},
		{"type", "INDEX assets_type (company=? AND type=? AND in_trash=? AND rowid>?)", assets(ingest.AssetFilter{Companies: in, Type: "Pdf"})},
		{"type of all companies", "INDEX assets_type (company=? AND type=? AND in_trash=?", assets(ingest.AssetFilter{Type: "Pdf"})},
		{"type, folder", "INDEX assets_folder (folder=? AND in_trash=? AND rowid>?)", assets(ingest.AssetFilter{Companies: in, Folder: 3, Type: "Image"})},
		{"failed", "INDEX assets_unready (company=? AND state=? AND in_trash=? AND rowid>?)", assets(ingest.AssetFilter{Companies: in, State: ingest.AssetFailed})},
		{"failed of a type", "INDEX assets_unready", assets(ingest.AssetFilter{Companies: in, State: ingest.AssetFailed, Type: "Image"})},
		{"failed of all companies", "INDEX assets_unready", assets(ingest.AssetFilter{State: ingest.AssetFailed})},
		{"ready", "INDEX assets_company", assets(ingest.AssetFilter{Companies: in, State: ingest.AssetReady})},
		{"assets of a job", "COVERING INDEX versions_job (job=? AND asset>?)", assets(ingest.AssetFilter{Companies: in, Job: 3})},
		{"assets named", "INDEX assets_name (company=? AND name=?)", func(tx *sqlstore.Tx) error { _, err := tx.AssetsNamed(7, "a"); return err }},
		{"usage", "PRIMARY KEY (company=? AND user_number=?)", func(tx *sqlstore.Tx) error { _, err := tx.Usage(7, 1); return err }},
		{"versions", "INDEX sqlite_autoindex_versions_1 (asset=?)", func(tx *sqlstore.Tx) error { _, err := tx.Versions(7); return err }},
		{"derived", "INDEX sqlite_autoindex_derived_2 (version=?)", func(tx *sqlstore.Tx) error { _, err := tx.DerivedOf(7); return err }},
		{"blobs in use", "INDEX versions_blob (blob_key=?)", func(tx *sqlstore.Tx) error { _, err := tx.BlobsInUse([]ingest.BlobKey{"a", "b"}); return err }},
		{"derived blobs in use", "INDEX derived_blob (blob_key=?)", func(tx *sqlstore.Tx) error { _, err := tx.BlobsInUse([]ingest.BlobKey{"a"}); return err }},
		{"client key", "INDEX uploads_client_key (company=? AND door=? AND client_key=?)", func(tx *sqlstore.Tx) error {
			if _, err := tx.UploadByClientKey(7, "tus", "k"); ingest.KindOf(err) != ingest.NotFound {
				return err
			}
			return nil
		}},
		{"expired uploads", "INDEX uploads_expires (state=? AND expires>? AND expires<?)", func(tx *sqlstore.Tx) error { _, err := tx.ExpiredUploads(time.Now(), 5); return err }},
		{"uploads in a state", "INDEX uploads_state (state=? AND rowid>?)", func(tx *sqlstore.Tx) error { _, err := tx.UploadsIn("open", p); return err }},
		{"jobs", "INTEGER PRIMARY KEY (rowid>?)", jobs(ingest.JobFilter{})},
		{"newest jobs of a company", "INDEX jobs_company (company=? AND rowid<?)", jobs(ingest.JobFilter{Companies: in, Newest: true})},
		{"active jobs", "INDEX jobs_active (company=? AND rowid>?)", jobs(ingest.JobFilter{Companies: in, Active: true})},
		{"jobs by original name", "INDEX jobs_original_name (company=? AND original_name=? AND rowid>?)", jobs(ingest.JobFilter{Companies: in, OriginalName: "a"})},
		{"log", "COVERING INDEX", func(tx *sqlstore.Tx) error {
			_, err := tx.LogCount(7, ingest.LogFilter{Types: []ingest.LogType{"a"}})
			return err
		}},
		{"log rows", "INDEX job_log_job (job=? AND number>?)", func(tx *sqlstore.Tx) error { _, err := tx.Log(7, ingest.LogFilter{}, p); return err }},
		{"claims", "INDEX tasks_turn (kind=? AND job>?)", func(tx *sqlstore.Tx) error {
			_, err := tx.ClaimTasks([]ingest.TaskKind{"a", "b"}, time.Now(), time.Now(), 7, 5)
			return err
		}},
		{"requeued tasks", "INDEX tasks_due (kind=?", func(tx *sqlstore.Tx) error { return tx.RequeueTasks([]ingest.TaskKind{"a"}, time.Now()) }},
		{"hastened tasks", "INDEX tasks_due (kind=? AND due>?)", func(tx *sqlstore.Tx) error {
			return tx.HastenTasks([]ingest.TaskKind{"a"}, time.Now(), time.Now())
		}},
		{"next run", "INDEX tasks_due (kind=?", func(tx *sqlstore.Tx) error { _, _, err := tx.NextRun([]ingest.TaskKind{"a"}); return err }},
		{"loose tasks", "INDEX tasks_job (job=?)", func(tx *sqlstore.Tx) error { _, err := tx.DeleteLooseTasks(time.Now(), 5); return err }},
		{"tasks of an asset", "INDEX tasks_asset (asset=?)", func(tx *sqlstore.Tx) error { _, err := tx.TasksOf(7, 8); return err }},
		{"logs of a company", "INDEX jobs_company (company=?", func(tx *sqlstore.Tx) error {
			_, err := tx.JobsLogged(ingest.LoggedJobs{Companies: in, Descending: true, Limit: 5})
			return err
		}},
		{"logs by original name", "INDEX jobs_original_name (company=? AND original_name=?", func(tx *sqlstore.Tx) error {
			_, err := tx.JobsLogged(ingest.LoggedJobs{Companies: in, OriginalName: "a", Descending: true, Limit: 5})
			return err
		}},
		{"tasks of a job", "INDEX tasks_job (job=? AND rowid>?)", func(tx *sqlstore.Tx) error { _, err := tx.TasksOfJob(7, ingest.TaskQueued, p); return err }},
		{"held tasks", "INDEX tasks_job (job=?)", func(tx *sqlstore.Tx) error { return tx.HoldTasks(7, true) }},
		{"counted log", "COVERING INDEX job_log_job (job=? AND number>?)", func(tx *sqlstore.Tx) error {
			_, err := tx.LogSkip(7, ingest.LogFilter{}, 5, 1)
			return ignoreMissing(err)
		}},
		{"uploads that promise assets", "INDEX uploads_state (state=?)", func(tx *sqlstore.Tx) error { _, err := tx.UploadsPromising(1, ingest.Page{Limit: 10}); return err }},
		{"pictures of an asset that is emptied", "INDEX documents_owner (company=? AND kind=? AND owner=?)", func(tx *sqlstore.Tx) error { _, err := tx.EmptyAsset(7); return err }},
		{"log of an asset that another takes over", "INDEX job_log_asset (asset=?)", func(tx *sqlstore.Tx) error { return tx.MoveLog(7, 8) }},
		{"log of an asset", "INDEX job_log_asset (asset=? AND number<?)", func(tx *sqlstore.Tx) error { _, err := tx.LogOfAsset(7, p); return err }},
		{"usage below", "INDEX assets_folder (folder=? AND in_trash=?)", func(tx *sqlstore.Tx) error { _, err := tx.UsageBelow(7, "a/", 10); return err }},
		{"folder by UUID", "(uuid=?)", func(tx *sqlstore.Tx) error {
			if _, err := tx.FolderByUUID("x"); ingest.KindOf(err) != ingest.NotFound {
				return err
			}
			return nil
		}},
		{"folders", "INDEX folders_company (company=? AND rowid>?)", func(tx *sqlstore.Tx) error { _, err := tx.Folders(7, "", p); return err }},
		{"folders below", "(company=? AND path>? AND path<?)", func(tx *sqlstore.Tx) error { _, err := tx.Folders(7, "a/", p); return err }},
		{"users of a company", "(company=? AND user_number>?)", func(tx *sqlstore.Tx) error { _, err := tx.Users(7, p); return err }},
		{"received messages", "PRIMARY KEY (company=? AND user_number=? AND message>?)", func(tx *sqlstore.Tx) error {
			_, err := tx.MessagesReceived(ingest.MessageRange{Company: 7, User: 3, After: 5, Limit: 5})
			return err
		}},
		{"sent messages", "INDEX messages_sender (company=? AND sender=? AND rowid>?)", func(tx *sqlstore.Tx) error {
			_, err := tx.MessagesSent(ingest.MessageRange{Company: 7, User: 3, Since: time.Now(), Newest: true, Limit: 5})
			return err
		}},
		{"message by ID", "(id=?)", func(tx *sqlstore.Tx) error { _, err := tx.MessageByID(7, "x"); return ignoreMissing(err) }},
		{"old messages", "INDEX messages_created (company=? AND created<?)", func(tx *sqlstore.Tx) error { _, err := tx.DeleteMessages(7, time.Now(), 5); return err }},
		{"users at an address", "INDEX user_addresses_key (kind=? AND address_key=?)", func(tx *sqlstore.Tx) error { _, err := tx.UsersAt(7, "phone", "1"); return err }},
		{"media link", "(token_hash=?)", func(tx *sqlstore.Tx) error { _, err := tx.MediaLinkByToken([]byte("x")); return ignoreMissing(err) }},
		{"repeated media link", "INDEX media_links_repeat (repeat_key=? AND created>?)", func(tx *sqlstore.Tx) error {
			_, err := tx.RepeatedMediaLink(7, []byte("x"), time.Now())
			return ignoreMissing(err)
		}},
		{"expired media links", "INDEX media_links_expires (ended=? AND expires<?)", func(tx *sqlstore.Tx) error { _, err := tx.ExpiredMediaLinks(time.Now(), 5); return err }},
		{"expired transfers", "INDEX transfers_expires (ended=? AND expires<?)", func(tx *sqlstore.Tx) error { _, err := tx.ExpiredTransfers(time.Now(), 5); return err }},
		{"use of a day", "PRIMARY KEY (day=? AND company=? AND subject=?)", func(tx *sqlstore.Tx) error { _, err := tx.DayUsage(ingest.DayUse{Company: 7, Day: 5}); return err }},
		{"events", "INTEGER PRIMARY KEY (rowid>?)", func(tx *sqlstore.Tx) error { _, err := tx.Events(p); return err }},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := s.Update(context.Background(), func(ingest.Tx) error {
				pc := &planConn{Conn: s.writer.conn, t: t, want: test.want, may: []string{allCompanies}}
				if err := test.run(sqlstore.NewTx(pc, s.dialect)); err != nil {
					return err
				}
				if !pc.seen {
					return fmt.Errorf("no step of the plan has %q", test.want)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMessagesAreRemovedByIndex checks that a message which is removed is looked for in
// the inboxes by an index, as it is too where the database checks the reference to it.
func TestMessagesAreRemovedByIndex(t *testing.T) {
	s := newTest(t)
	err := s.Update(context.Background(), func(tx ingest.Tx) error {
		c := newCompany(1)
		if err := tx.CreateCompany(c); err != nil {
			return err
		}
		m := &ingest.TextMessage{ID: "x", Company: c.Number, To: []ingest.MessageAddress{{Address: "1", User: 3}}}
		if err := tx.CreateMessage(m); err != nil {
			return err
		}
		pc := &planConn{Conn: s.writer.conn, t: t, want: "INDEX inbox_message (message=?)"}
		pc.explain(`SELECT 1 FROM inbox WHERE message = $1`, []any{m.Number})
		if !pc.seen {
			t.Error("the reference to a message is checked without an index")
		}
		pc.seen = false
		n, err := sqlstore.NewTx(pc, s.dialect).DeleteMessages(c.Number, time.Now(), 5)
		if err == nil && (n != 1 || !pc.seen) {
			t.Errorf("%d messages were removed, by index: %t", n, pc.seen)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// ignoreMissing takes a row that is not there for success.
func ignoreMissing(err error) error {
	if ingest.KindOf(err) == ingest.NotFound {
		return nil
	}
	return err
}
