// Sends the corpus of HTTP messages (tests/corpus/http) through a live edge: the tool is both the visitors, many at
// once, and the backend, which reads as strictly as it can.
//
//   http_corpus requests EDGE BACKEND-PORT FOLDER CLIENTS     hostile visitors
//   http_corpus responses EDGE BACKEND-PORT FOLDER CLIENTS    a hostile backend
//
// BACKEND-PORT is where the tunnel's client expects the backend, for all hosts. Prints what is wrong and, last, a line
// of figures; ends with 1 when something is wrong.
#include <signal.h>

#include <string>
#include <vector>

#include "corpus.hpp"

int main(int argc, char** argv) {
    using namespace e2e;
    ::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() != 5 || (words[0] != "requests" && words[0] != "responses")) {
        die("see the head of http_corpus.cpp for its arguments");
    }
    CorpusRun run;
    run.edge = parse_address(words[1]);
    run.backend_port = static_cast<std::uint16_t>(parse_number(words[2]));
    run.folder = words[3];
    run.clients = static_cast<int>(parse_number(words[4]));
    return words[0] == "requests" ? run_requests(run) : run_responses(run);
}
