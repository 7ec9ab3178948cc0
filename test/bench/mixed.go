package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	samples "sluice/test/corpus"
)

// mixedBench sends files of all types through one job with all options.
type mixedBench struct {
	root, program string
	login         account
	files, probes int
	patience      time.Duration
	list          []samples.File
}

// mixedCommand measures what a job of files of all types does to the machine and to those who upload meanwhile: whether every file
// comes to an end, how busy the processors are, the memory of the server itself, and the time of a small upload beside it.
func mixedCommand(ctx context.Context, args []string) (err error) {
	var o common
	b := &mixedBench{}
	flags := flag.NewFlagSet("bench mixed", flag.ContinueOnError)
	o.register(flags)
	flags.IntVar(&b.files, "files", 1000, "files of the job")
	flags.IntVar(&b.probes, "probes", 100, "small uploads on the idle server")
	flags.DurationVar(&b.patience, "patience", 30*time.Minute, "longest `time` that the job may take")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.sluice == "":
		return errors.New("-sluice PATH is missing")
	case b.files < 1 || b.probes < 1:
		return errors.New("counts must be positive")
	}
	if b.program, err = findProgram(o.sluice, ""); err != nil {
		return err
	}
	if b.list, err = samples.Mixed(ctx, b.files); err != nil {
		return err
	}
	if b.root, err = o.scratch(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.root)) }()
	b.login = o.login()
	fmt.Print("Machine: ", inspectMachine(b.root).markdown(), "\n")
	return b.run(ctx)
}

// mixedFigures are what a run came to.
type mixedFigures struct {
	size        int64     // bytes of all files
	sent, whole float64   // seconds until the last answer, until the job was done
	busy        []float64 // part of the processors that was busy, each second
	idle, under []float64 // seconds of each small upload
	ownPeak     int64     // bytes: highest resident set of the server without its children
	warnings    int
	errors      int
}

func (b *mixedBench) run(ctx context.Context) (err error) {
	s, err := startServer(ctx, b.root, sluicePeer("sluice", b.program, b.login, []string{fmt.Sprintf("SLUICE_MEDIA_WORKERS=%d", runtime.NumCPU())}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	c, beside := newConn(s.place.addr), newConn(s.place.addr)
	defer c.close()
	defer beside.close()
	p := &prober{door: newScene7(b.login, "probes", "probes"), conn: beside, corpus: newCorpus(randomSeed())}
	if err := p.door.open(ctx, beside); err != nil {
		return err
	}
	var f mixedFigures
	for range b.probes {
		if err := p.probe(ctx, &f.idle); err != nil {
			return err
		}
	}
	if err := b.job(ctx, s, c, p, &f); err != nil {
		return err
	}
	b.print(f)
	return nil
}

// prober makes small uploads.
type prober struct {
	door   *scene7
	conn   *conn
	corpus *corpus
	count  int
}

// probe times one upload of 16 KiB, a twentieth of a second after the one before.
func (p *prober) probe(ctx context.Context, into *[]float64) error {
	p.count++
	o := object{corpus: p.corpus, name: fmt.Sprintf("probe-%d.zip", p.count), number: uint64(p.count), size: 16 << 10}
	began := time.Now()
	if err := p.door.put(ctx, p.conn, o); err != nil {
		return err
	}
	*into = append(*into, time.Since(began).Seconds())
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(50 * time.Millisecond):
		return nil
	}
}

// job sends the files, makes small uploads until all is done, and checks what came of it.
func (b *mixedBench) job(ctx context.Context, s *server, c *conn, p *prober, f *mixedFigures) error {
	began := time.Now()
	handle, err := b.send(ctx, c, f)
	if err != nil {
		return err
	}
	if err := b.finish(ctx, c, handle); err != nil {
		return err
	}
	f.sent = time.Since(began).Seconds()
	last, lastAt := machineTicks(), time.Now()
	for {
		if err := p.probe(ctx, &f.under); err != nil {
			return err
		}
		if time.Since(lastAt) < time.Second {
			continue
		}
		now := machineTicks()
		f.busy = append(f.busy, 1-float64(now.idle-last.idle)/float64(max(now.all-last.all, 1)))
		last, lastAt = now, time.Now()
		j, err := b.find(ctx, c)
		if err != nil {
			return err
		}
		if j.State == "Done" {
			f.whole = time.Since(began).Seconds()
			if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid)); err == nil {
				f.ownPeak = procField(text, "VmHWM:") << 10
			}
			return b.check(ctx, c, j.UUID, f)
		}
		if time.Since(began) > b.patience {
			return fmt.Errorf("after %v the job is %s, with %d steps outstanding", b.patience, j.State, j.Pending)
		}
	}
}

// mixedOptions asks for all that can be done with files of every type.
const mixedOptions = `<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>true</createMask>` +
	`<photoshopOptions><process>MaintainLayers</process><layerOptions><layerNaming>AppendNumber</layerNaming><anchor>Center</anchor>` +
	`<createTemplate>true</createTemplate><extractText>true</extractText><extendLayers>false</extendLayers></layerOptions></photoshopOptions>` +
	`<pdfOptions><process>Rasterize</process><resolution>100</resolution><colorspace>Auto</colorspace><pdfCatalog>true</pdfCatalog>` +
	`<extractSearchWords>true</extractSearchWords><extractLinks>true</extractLinks></pdfOptions>` +
	`<postScriptOptions><process>Rasterize</process><resolution>100</resolution><colorspace>Auto</colorspace><alpha>false</alpha><extractSearchWords>true</extractSearchWords></postScriptOptions>` +
	`<mediaOptions><videoEncodingPresetsArray></videoEncodingPresetsArray></mediaOptions>` +
	`<unCompressOptions><process>UnCompress</process></unCompressOptions><emailSetting>None</emailSetting></uploadParams>`

const mixedJob = "mixed"

// send uploads all files, some in each request.
func (b *mixedBench) send(ctx context.Context, c *conn, f *mixedFigures) (handle string, err error) {
	door := newScene7(b.login, mixedJob, "")
	const together = 20
	for from := 0; from < len(b.list); from += together {
		params := door.params(element("jobName", mixedJob), mixedOptions)
		if handle != "" {
			params = door.params(element("jobHandle", handle))
		}
		r := door.form(params, nil)
		var body bytes.Buffer
		body.Write(r.prefix)
		for _, file := range b.list[from:min(from+together, len(b.list))] {
			fmt.Fprintf(&body, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\nContent-Type: application/octet-stream\r\n\r\n", scene7Boundary, file.Name)
			body.Write(file.Content)
			body.WriteString("\r\n")
			f.size += int64(len(file.Content))
		}
		r.prefix = body.Bytes()
		if handle, err = door.post(ctx, c, r); err != nil {
			return "", err
		}
	}
	return handle, nil
}

func (b *mixedBench) finish(ctx context.Context, c *conn, handle string) error {
	door := newScene7(b.login, mixedJob, "")
	_, err := door.post(ctx, c, door.form(door.params(element("jobHandle", handle), element("endJob", "true")), nil))
	return err
}

// mixedState is the job as the server's own API shows it.
type mixedState struct {
	UUID, State string
	Pending     int
}

func (b *mixedBench) find(ctx context.Context, c *conn) (mixedState, error) {
	found, err := mixedList[mixedState](ctx, c, newLibrary(b.login), "/v1/jobs", url.Values{"name": {mixedJob}})
	if err != nil || len(found) != 1 {
		return mixedState{}, errors.Join(err, fmt.Errorf("%d jobs are called %s", len(found), mixedJob))
	}
	return found[0], nil
}

// check wants exactly one row for each file that says what became of it, and no asset that waits for anything.
func (b *mixedBench) check(ctx context.Context, c *conn, job string, f *mixedFigures) error {
	rows, err := mixedList[struct{ Type, Asset, Message string }](ctx, c, newLibrary(b.login), "/v1/jobs/"+job+"/log", url.Values{})
	if err != nil {
		return err
	}
	ends := map[string]int{}
	for _, r := range rows {
		switch r.Type {
		case "UploadSuccess", "FileUpdated", "UploadError":
			ends[r.Asset]++
		}
		switch r.Type {
		case "UploadWarning":
			f.warnings++
		case "UploadError":
			f.errors++
		}
	}
	var wrong []string
	for _, file := range b.list {
		names := file.Members
		if names == nil {
			names = []string{file.Name}
		}
		for _, name := range names {
			if ends[name] != 1 {
				wrong = append(wrong, fmt.Sprintf("%s has %d", name, ends[name]))
			}
		}
	}
	assets, err := mixedList[struct{ FileName, State string }](ctx, c, newLibrary(b.login), "/v1/assets", url.Values{})
	if err != nil {
		return err
	}
	for _, a := range assets {
		if a.State == "processing" && strings.HasPrefix(a.FileName, "mix") {
			wrong = append(wrong, a.FileName+" is still processed")
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("rows that say what became of a file: %s", strings.Join(wrong, ", "))
	}
	return nil
}

// mixedList reads all pages of a list.
func mixedList[T any](ctx context.Context, c *conn, l library, path string, query url.Values) (all []T, err error) {
	query.Set("company", l.company)
	query.Set("limit", "500")
	for {
		a, err := c.do(ctx, l.get(path+"?"+query.Encode()))
		if err == nil {
			err = a.expect("reading "+path, http.StatusOK)
		}
		if err != nil {
			return nil, err
		}
		var page struct {
			Items []T
			Next  string
		}
		if err := json.Unmarshal(a.body, &page); err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		if all = append(all, page.Items...); page.Next == "" {
			return all, nil
		}
		query.Set("after", page.Next)
	}
}

// ticks of all processors since the start of the machine.
type ticks struct{ idle, all int64 }

// machineTicks reads the first line of proc_stat(5): user, nice, system, idle, iowait and others.
func machineTicks() (t ticks) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line)[1:] {
		var n int64
		_, _ = fmt.Sscan(field, &n)
		if t.all += n; i == 3 || i == 4 {
			t.idle += n
		}
	}
	return t
}

func (b *mixedBench) print(f mixedFigures) {
	from, to := len(f.busy)/10, len(f.busy)*9/10
	middle := summarise(f.busy[from:max(to, from)])
	t := table{head: []string{"One job of " + fmt.Sprint(b.files) + " files", "figure"}}
	add := func(name, figure string) { t.rows = append(t.rows, []string{name, figure}) }
	add("MB", fmt.Sprintf("%.0f", float64(f.size)/1e6))
	add("s until all was answered", fmt.Sprintf("%.1f", f.sent))
	add("s until the job was done", fmt.Sprintf("%.1f", f.whole))
	add("files with one row each that says what became of them", fmt.Sprint(b.files))
	add("of them refused or unreadable", fmt.Sprint(f.errors))
	add("warnings", fmt.Sprint(f.warnings))
	add("processors busy in the middle, %", fmt.Sprintf("%.0f", 100*middle.Median))
	add("peak of the server itself, MiB", fmt.Sprintf("%.0f", float64(f.ownPeak)/(1<<20)))
	add("small upload, idle, ms (p50, p90)", fmt.Sprintf("%.1f, %.1f", 1e3*quantile(f.idle, 0.5), 1e3*quantile(f.idle, 0.9)))
	add("small upload beside the job, ms (p50, p90)", fmt.Sprintf("%.1f, %.1f", 1e3*quantile(f.under, 0.5), 1e3*quantile(f.under, 0.9)))
	add("ratio of p50", fmt.Sprintf("%.2f", quantile(f.under, 0.5)/quantile(f.idle, 0.5)))
	fmt.Println(t.markdown())
}
