//go:build !race

package engine_test

// modelChecks is how many random histories the model goes through.
const modelChecks = "60"
