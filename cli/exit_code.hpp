// Exit codes of the program. `--help` and docs/operations.md list them.
#pragma once

namespace ferrotunnel::cli {

enum class ExitCode : int {
    ok = 0,          // ended by a signal, or the command succeeded
    failure = 1,     // any failure without a code of its own: the control port is in use, a bug
    usage = 2,       // the command line, the environment or a file that they name is not valid; nothing was started
    refused = 3,     // the server rejects the token or every service, and --retry-refused or --attempts ends the client
    lost = 4,        // no connection after --attempts
    superseded = 5,  // another client replaced this one
    warned = 6,      // `doctor` found nothing worse than a warning
    faulty = 7,      // `doctor` found an error
};

}  // namespace ferrotunnel::cli
