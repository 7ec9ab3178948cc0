//go:build race

package engine_test

// modelChecks is how many random histories the model goes through: fewer under the race
// detector, which makes each ten times as long.
const modelChecks = "15"
