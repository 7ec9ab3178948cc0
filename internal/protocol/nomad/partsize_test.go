package nomad

import (
	"testing"

	"sluice/internal/engine"
)

func TestPartSize(t *testing.T) {
	const mib = 1 << 20
	given := func(v float64) count { return count{v, true} }
	for name, tt := range map[string]struct {
		length int64
		wanted count
		want   int64
	}{
		"none":               {100 * mib, count{}, 8 * mib},
		"zero":               {100 * mib, given(0), 8 * mib},
		"negative":           {100 * mib, given(-5), 8 * mib},
		"as wanted":          {100 * mib, given(20971520), 20971520},
		"with a fraction":    {100 * mib, given(23456789.1), 23456790},
		"too small":          {100 * mib, given(10), 64 << 10},
		"too large":          {100 * mib, given(1 << 40), 5 << 30},
		"just 10,000":        {83_886_080_000, given(8 * mib), 8 * mib},
		"10,001":             {83_886_080_001, given(8 * mib), 9 * mib},
		"just 10,000 larger": {209_715_200_000, given(20 * mib), 20 * mib},
		"no bytes":           {0, given(8 * mib), 8 * mib},
		"5 TiB":              {5 << 40, given(8 * mib), 525 * mib},
	} {
		got := partSize(tt.length, tt.wanted)
		if got != tt.want || ceil(tt.length, got) > engine.MostParts {
			t.Errorf("%s: %d bytes, %d parts; want %d", name, got, ceil(tt.length, got), tt.want)
		}
	}
}
