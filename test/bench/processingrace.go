package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// contender is a program, or a way to use it, that does a piece of work.
type contender struct {
	name    string
	missing string // why it cannot be measured; "" = it can
	// run does the work once and returns how long it took. What it starts has ended when it returns.
	run func(ctx context.Context) (time.Duration, error)
}

// effort is what one run took.
type effort struct {
	seconds, cpu float64
}

// race has all contenders do the same in turn, another one first each time, and prints what each took: rates of pieces
// of a kind in each second when there are pieces, else milliseconds. The first is compared with all others. Memory is
// that of one more run before, which is not timed, because looking at it takes time itself.
type race struct {
	title  string
	pieces int
	unit   string // of a piece
	reps   int
}

func (r race) hold(ctx context.Context, contenders []contender) error {
	runs, peaks := make([][]effort, len(contenders)), make([]int64, len(contenders))
	for k, c := range contenders {
		if c.missing != "" {
			continue
		}
		watch := watchPeak()
		_, err := c.run(ctx)
		if peaks[k] = watch(); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for rep := range r.reps {
		for i := range contenders {
			k := (i + rep) % len(contenders)
			if contenders[k].missing != "" {
				continue
			}
			e, err := measured(ctx, contenders[k].run)
			if err != nil {
				return fmt.Errorf("%s: %w", contenders[k].name, err)
			}
			runs[k] = append(runs[k], e)
			fmt.Fprintf(os.Stderr, "rep %d  %-32s %8.0f ms  CPU %6.0f ms\n", rep+1, contenders[k].name, 1e3*e.seconds, 1e3*e.cpu)
		}
	}
	fmt.Print(r.title, ", ", r.reps, " repetitions\n\n", r.table(contenders, runs, peaks).markdown(), "\n")
	return nil
}

func (r race) table(contenders []contender, runs [][]effort, peaks []int64) table {
	each := func(k int, value func(effort) float64) summary {
		var values []float64
		for _, e := range runs[k] {
			values = append(values, value(e))
		}
		return summarise(values)
	}
	speed, effortTitle := "ms", "CPU ms"
	pieces := float64(max(1, r.pieces))
	if r.pieces > 0 {
		speed, effortTitle = r.unit+"/s", "CPU ms each"
	}
	ours := contenders[0].name
	t := table{head: []string{"Peer", speed, effortTitle, "peak MiB", ours + " is as fast", ours + " needs of its CPU"}}
	for k, c := range contenders {
		if c.missing != "" {
			t.rows = append(t.rows, []string{c.name + " (" + c.missing + ")", "–", "–", "–", "–", "–"})
			continue
		}
		rate := each(k, func(e effort) float64 { return 1e3 * e.seconds }).text(0)
		if r.pieces > 0 {
			rate = each(k, func(e effort) float64 { return pieces / e.seconds }).text(1)
		}
		faster, lighter := "–", "–"
		if k > 0 && contenders[0].missing == "" {
			var speeds, efforts []float64
			for rep, e := range runs[k] {
				speeds = append(speeds, e.seconds/runs[0][rep].seconds)
				efforts = append(efforts, runs[0][rep].cpu/max(e.cpu, 0.001))
			}
			faster, lighter = summarise(speeds).text(2), summarise(efforts).text(2)
		}
		t.rows = append(t.rows, []string{
			c.name, rate, each(k, func(e effort) float64 { return 1e3 * e.cpu / pieces }).text(1),
			strconv.FormatInt(peaks[k]>>20, 10), faster, lighter,
		})
	}
	return t
}

// measured runs a contender and finds out what it and its processes used.
func measured(ctx context.Context, run func(context.Context) (time.Duration, error)) (effort, error) {
	before := allCPU()
	took, err := run(ctx)
	used := allCPU() - before
	return effort{seconds: took.Seconds(), cpu: used.Seconds()}, err
}

// allCPU is the processor time of the driver and of its children that have ended.
func allCPU() time.Duration {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &r); err != nil {
		return 0
	}
	return ownCPU() + time.Duration(r.Utime.Nano()+r.Stime.Nano())
}

// peakEvery is how often the processes are looked at.
const peakEvery = 5 * time.Millisecond

// watchPeak follows how much memory the processes below this one have at once, until the function that it returns is
// called, which gives the most in bytes.
func watchPeak() func() int64 {
	self := os.Getpid()
	stop := make(chan struct{})
	var most int64
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(peakEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				var sum int64
				for _, pid := range processTree(self)[1:] {
					sum += residentPeak(pid)
				}
				most = max(most, sum)
			}
		}
	})
	return func() int64 {
		close(stop)
		watching.Wait()
		return most
	}
}

// residentPeak is the most memory in bytes that a process has had.
func residentPeak(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	return procField(b, "VmHWM:") << 10
}

// timed is for contenders whose whole run counts.
func timed(run func(ctx context.Context) error) func(context.Context) (time.Duration, error) {
	return func(ctx context.Context) (time.Duration, error) {
		began := time.Now()
		err := run(ctx)
		return time.Since(began), err
	}
}
