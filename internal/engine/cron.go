package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// Cron is a recurring time: a Quartz expression of six or seven fields, which are
// second, minute, hour, day of month, month, day of week and, if given, year.
//
// A field is "*", "?" (days only), or a list of values, ranges and steps: 5, 1-5,
// 0/15, 10-40/5. Months may be written JAN to DEC; days of the week are 1 (Sunday)
// to 7 or SUN to SAT. The day of month may be L (the last one) or L-3 (the third
// before it); the day of week may be 6L (the last Friday) or 6#3 (the third
// Friday). One of the two day fields must be "?" or "*". Times are in UTC. W and C
// are not understood.
type Cron struct {
	second, minute, hour, day, month, week, year bits
	lastDay                                      int // days before the last of the month; -1 = not asked
	weekday, nth                                 int // nth of a weekday, 5 and more = none such; 0 = not asked, -1 = the last
}

// bits is a set of small numbers; years count from firstYear.
type bits [2]uint64

func (b *bits) add(n int)     { b[n/64] |= 1 << (n % 64) }
func (b bits) has(n int) bool { return b[n/64]&(1<<(n%64)) != 0 }

// Years that an expression reaches.
const (
	firstYear = 2000
	lastYear  = 2099
)

// ParseCron reads an expression. Failures are Invalid and name the field.
func ParseCron(text string) (Cron, error) {
	fields := strings.Fields(strings.ToUpper(text))
	if len(text) > 512 || len(fields) < 6 || len(fields) > 7 {
		return Cron{}, badCron(text, "it must have six or seven fields: second minute hour day month weekday year")
	}
	if len(fields) == 6 {
		fields = append(fields, "*")
	}
	c := Cron{lastDay: -1}
	names := func(list string) map[string]int {
		m := map[string]int{}
		for i, name := range strings.Fields(list) {
			m[name] = i + 1
		}
		return m
	}
	months, days := names("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"), names("SUN MON TUE WED THU FRI SAT")
	monthDay, weekDay, err := c.specialDays(fields[3], fields[5], days)
	if err != nil {
		return Cron{}, badCron(text, err.Error())
	}
	for _, f := range []struct {
		what     string
		text     string
		into     *bits
		low      int
		high     int
		offset   int
		names    map[string]int
		optional bool
	}{
		{"second", fields[0], &c.second, 0, 59, 0, nil, false},
		{"minute", fields[1], &c.minute, 0, 59, 0, nil, false},
		{"hour", fields[2], &c.hour, 0, 23, 0, nil, false},
		{"day of month", monthDay, &c.day, 1, 31, 0, nil, true},
		{"month", fields[4], &c.month, 1, 12, 0, months, false},
		{"day of week", weekDay, &c.week, 1, 7, 0, days, true},
		{"year", fields[6], &c.year, firstYear, lastYear, firstYear, nil, false},
	} {
		if f.optional && f.text == "" {
			continue
		}
		if f.text == "?" && f.optional {
			f.text = "*"
		}
		if err := readField(f.into, f.text, f.low, f.high, f.offset, f.names); err != nil {
			return Cron{}, badCron(text, f.what+": "+err.Error())
		}
	}
	return c, nil
}

// specialDays takes what the day fields say beyond lists. It returns what is left to
// read of them; "" when nothing is.
func (c *Cron) specialDays(day, week string, names map[string]int) (restDay, restWeek string, err error) {
	all := func(s string) bool { return s == "*" || s == "?" }
	if !all(day) && !all(week) || day == "?" && week == "?" {
		return "", "", fmt.Errorf("one of day of month and day of week must be given, the other must be ?")
	}
	restDay, restWeek = day, week
	if before, ok := strings.CutPrefix(day, "L"); ok {
		if before != "" {
			n, err := strconv.Atoi(strings.TrimPrefix(before, "-"))
			if err != nil || before[0] != '-' || n < 1 || n > 30 {
				return "", "", fmt.Errorf("day of month: %q is neither L nor L-1 to L-30", day)
			}
			c.lastDay = n
		} else {
			c.lastDay = 0
		}
		restDay = ""
	}
	name, nth, ok := strings.Cut(week, "#")
	switch {
	case ok:
		if c.nth, err = strconv.Atoi(nth); err != nil || c.nth < 1 || c.nth > 5 {
			return "", "", fmt.Errorf("day of week: %q must end in #1 to #5", week)
		}
	case strings.HasSuffix(week, "L") && len(week) > 1:
		name, c.nth = strings.TrimSuffix(week, "L"), -1
	case week == "L": // the last day of the week
		return restDay, "7", nil
	default:
		return restDay, restWeek, nil
	}
	if c.weekday, err = value(name, 1, 7, names); err != nil {
		return "", "", fmt.Errorf("day of week: %w", err)
	}
	return restDay, "", nil
}

func badCron(text, why string) error {
	return &ingest.Error{Kind: ingest.Invalid, Op: "engine.ParseCron", Msg: fmt.Sprintf("the schedule %s cannot be read: %s", quote(text), why)}
}

// readField reads a list of values, ranges and steps.
func readField(into *bits, text string, low, high, offset int, names map[string]int) error {
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 || step > high {
				return fmt.Errorf("%q is no step of 1 to %d", stepText, high)
			}
		}
		from, to := low, high
		if span != "*" && span != "" {
			first, last, ranged := strings.Cut(span, "-")
			var err error
			if from, err = value(first, low, high, names); err != nil {
				return err
			}
			switch {
			case ranged:
				if to, err = value(last, low, high, names); err != nil {
					return err
				}
			case !stepped:
				to = from
			}
		} else if span == "" && !stepped {
			return fmt.Errorf("a value is missing")
		}
		if to < from { // wraps, like FRI-MON
			to += high - low + 1
		}
		for n := from; n <= to; n += step {
			into.add(low + (n-low)%(high-low+1) - offset)
		}
	}
	return nil
}

func value(text string, low, high int, names map[string]int) (int, error) {
	if n, ok := names[text]; ok {
		return n, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is not %d to %d", text, low, high)
	}
	return n, nil
}

// Next returns the first time after t that the expression names, in UTC; zero when
// there is none before the year 2100.
func (c Cron) Next(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Second).Add(time.Second)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	from := int(t.Sub(day) / time.Second)
	for ; day.Year() <= lastYear; day, from = day.AddDate(0, 0, 1), 0 {
		if !c.onDay(day) {
			continue
		}
		if at, ok := c.atTime(from); ok {
			return day.Add(time.Duration(at) * time.Second)
		}
	}
	return time.Time{}
}

func (c Cron) onDay(d time.Time) bool {
	if d.Year() < firstYear || !c.year.has(d.Year()-firstYear) || !c.month.has(int(d.Month())) {
		return false
	}
	last := time.Date(d.Year(), d.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if c.lastDay >= 0 {
		if d.Day() != last-c.lastDay {
			return false
		}
	} else if !c.day.has(d.Day()) {
		return false
	}
	weekday := int(d.Weekday()) + 1
	switch {
	case c.nth > 0:
		return weekday == c.weekday && (d.Day()-1)/7+1 == c.nth
	case c.nth < 0:
		return weekday == c.weekday && d.Day()+7 > last
	}
	return c.week.has(weekday)
}

// atTime returns the first second of a day, from one on, that the expression names.
func (c Cron) atTime(from int) (int, bool) {
	for at := from; at < 24*60*60; {
		hour, minute, second := at/3600, at/60%60, at%60
		switch {
		case !c.hour.has(hour):
			at = (hour + 1) * 3600
		case !c.minute.has(minute):
			at = (at/60 + 1) * 60
		case !c.second.has(second):
			at++
		default:
			return at, true
		}
	}
	return 0, false
}
