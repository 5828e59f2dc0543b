package simulator

import (
	"net/http"

	"qovery-key-rotation/internal/fakeqovery"
)

// refuse answers requests of a method in place of Qovery, without effect.
func refuse(method string, status int) fakeqovery.Hook {
	return func(r *http.Request) (apply bool, answer *fakeqovery.Answer) {
		if r.Method != method {
			return true, nil
		}
		return false, &fakeqovery.Answer{Status: status, Body: `{"status":403,"detail":"Forbidden"}`}
	}
}
