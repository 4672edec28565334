// Responses: a hostile backend. It sends the corpus' messages, and closes behind them or, where the connection can be
// used again, does not; visitors see what the corpus says, a 502, or an end that cannot be taken for a complete
// answer.
#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

#include "corpus.hpp"

namespace e2e {
namespace {

using Cases = std::vector<HttpCase>;

/// Whether a backend's connection can carry another request behind this message.
bool can_go_on(const HttpCase& some) {
    return some.fact("expect") == "accept" && some.fact("connection", "keep") == "keep" && !some.has("rest") &&
           !some.has("switches") && some.fact("seen").substr(9, 1) != "1";
}

/// "/case/17/close" has the backend send the 17th message, and close; "/valid/ID" is answered properly with ID.
void serve(Socket& socket, const Cases& cases, Problems& problems) {
    StreamReader stream(socket, -1);
    StrictReader http(stream);
    std::string spoilt;  // the message that has spoilt this connection
    while (true) {
        StrictMessage request;
        const Reading reading = http.head_of_request(request);
        if (reading == Reading::malformed) {
            problems.add("backend", http.why());
        }
        if (reading != Reading::complete) {
            return;
        }
        if (!spoilt.empty()) {
            problems.add("backend", "a connection is used again behind " + spoilt);
            return;
        }
        const std::string& target = request.words[1];
        if (target.starts_with("/valid/")) {
            const std::string text = request.value("x-real-ip") + " " + target;
            if (!send_all(socket, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" +
                                      (request.words[0] == "HEAD" ? "" : text))) {
                return;
            }
            continue;
        }
        const std::size_t at = std::string_view("/case/").size();
        const std::size_t slash = target.find('/', at);
        const HttpCase& some = cases.at(parse_number(target.substr(at, slash - at)));
        if (!send_all(socket, some.send) || target.substr(slash) == "/close") {
            return;
        }
        spoilt = can_go_on(some) ? "" : some.name;
    }
}

/// Whether a refusal can only be known when the head was already passed on.
bool is_of_body(const std::string& expect) {
    return expect.find("chunk") != std::string::npos || expect.find("trailer") != std::string::npos;
}

class Visitor {
public:
    Visitor(const CorpusRun& run, int client, const Cases& cases, Problems& problems)
        : run_(run), client_(client), cases_(cases), problems_(problems), random_(static_cast<std::uint32_t>(client)) {}

    void run() {
        std::vector<std::size_t> order(cases_.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            order[i] = i;
        }
        std::shuffle(order.begin(), order.end(), random_);
        for (const std::size_t which : order) {
            if (cases_[which].fact("to") != "CONNECT") {  // no visitor can ask for that
                visit(which);
            }
        }
    }
    std::size_t answers() const { return answers_; }

private:
    void visit(std::size_t which);
    void send_request(Visit& visit, const HttpCase& some, std::size_t which);
    bool gets_head(Visit& visit, const HttpCase& some, StrictMessage& answer);
    bool gets_answer(Visit& visit, const HttpCase& some);
    bool gets_refusal(Visit& visit, const std::string& method, const std::string& expect);
    bool gets_cut(Visit& visit, const std::string& method);
    void gets_switch(Visit& visit, const HttpCase& some);
    bool valid_exchange(Visit& visit);
    bool wrong(const std::string& what) {
        problems_.add("client " + std::to_string(client_) + ", " + name_, what);
        return false;
    }

    const CorpusRun& run_;
    const int client_;
    const Cases& cases_;
    Problems& problems_;
    std::minstd_rand random_;
    std::string name_;
    int visits_ = 0;
    int valid_ = 0;
    std::size_t answers_ = 0;
};

void Visitor::visit(std::size_t which) {
    const HttpCase& some = cases_[which];
    name_ = some.file + ": " + some.name;
    Visit visit(run_, client_, ++visits_);
    if (random_() % 2 == 0 && !valid_exchange(visit)) {
        return;
    }
    send_request(visit, some, which);
    const std::string method = some.fact("to", "GET");
    const std::string expect = some.fact("expect");
    bool goes_on = false;
    if (expect == "accept" && some.has("switches")) {
        gets_switch(visit, some);
    } else if (expect == "accept") {
        goes_on = gets_answer(visit, some);
    } else if (expect == "more" ? some.has("end") : is_of_body(expect)) {
        goes_on = gets_cut(visit, method);
    } else {
        goes_on = gets_refusal(visit, method, expect == "more" ? "502 closed_early" : expect);
    }
    if (goes_on) {
        (void)valid_exchange(visit);
    }
}

void Visitor::send_request(Visit& visit, const HttpCase& some, std::size_t which) {
    const bool closes = !can_go_on(some) || random_() % 2 == 0;
    const std::string version = some.fact("visitor", "1.1");
    std::string bytes = some.fact("to", "GET") + " /case/" + std::to_string(which) + (closes ? "/close" : "/keep") +
                        " HTTP/" + version + "\r\nHost: a.example\r\n";
    if (some.has("offer")) {
        bytes += "Connection: Upgrade\r\nUpgrade: " + some.fact("offer") + "\r\n";
    } else if (version == "1.0") {
        bytes += "Connection: keep-alive\r\n";
    }
    (void)visit.send(bytes + "\r\n");
}

/// Checks that the head is as the corpus says, byte for byte but for what the edge adds.
bool Visitor::gets_head(Visit& visit, const HttpCase& some, StrictMessage& answer) {
    const Reading reading = visit.http().head_of_response(answer);
    if (reading != Reading::complete) {
        return wrong("no answer but " + (reading == Reading::malformed ? visit.http().why() : answer.head));
    }
    if (without_additions(answer.head) != some.fact("seen")) {
        return wrong("has got " + escape(answer.head) + " instead of " + escape(some.fact("seen")));
    }
    return answer.count("x-request-id") == 1 || wrong("not one X-Request-Id");
}

/// Checks the answer. True when the connection continues.
bool Visitor::gets_answer(Visit& visit, const HttpCase& some) {
    StrictMessage answer;
    if (!gets_head(visit, some, answer)) {
        return false;
    }
    const std::string method = some.fact("to", "GET");
    if (answer.status() < 200) {
        return gets_refusal(visit, method, "502");  // the backend never gave more than an interim answer
    }
    const Reading reading = visit.http().body_of_response(answer, method);
    if (reading != Reading::complete || answer.body != some.fact("body") || answer.trailers != some.fact("trailers")) {
        return wrong("another body: " + escape(answer.body) + " + " + escape(answer.trailers));
    }
    ++answers_;
    return lower(answer.value("connection")) != "close";
}

bool Visitor::gets_refusal(Visit& visit, const std::string& method, const std::string& expect) {
    StrictMessage answer;
    if (visit.response(answer, method) != Reading::complete) {
        return wrong("no " + expect + " but " + answer.head);
    }
    const std::string got = answer.words[1] + " " + answer.value("x-ferrotunnel-error");
    if (!got.starts_with(expect)) {
        return wrong("expected " + expect + ", got " + got);
    }
    ++answers_;
    return answer.value("connection") != "close";
}

/// Checks that an answer began, and ended so that this end cannot be taken for its proper one.
bool Visitor::gets_cut(Visit& visit, const std::string& method) {
    StrictMessage answer;
    const Reading reading = visit.response(answer, method);
    if (reading != Reading::cut || answer.status() != 200) {
        (void)wrong("an answer that was cut looks complete: " + escape(answer.head) + " + " + escape(answer.body));
    }
    ++answers_;
    return false;
}

void Visitor::gets_switch(Visit& visit, const HttpCase& some) {
    StrictMessage answer;
    if (!gets_head(visit, some, answer)) {
        return;
    }
    while (visit.stream().more()) {
    }
    if (const std::string raw = visit.stream().rest(); raw != some.fact("rest")) {
        (void)wrong("behind a switch of protocols: " + escape(raw));
    }
    ++answers_;
}

/// A valid exchange between the others, so that what those leave behind would show.
bool Visitor::valid_exchange(Visit& visit) {
    const std::string target = "/valid/" + std::to_string(client_) + "-" + std::to_string(++valid_);
    (void)visit.send("GET " + target + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
    StrictMessage answer;
    if (visit.response(answer, "GET") != Reading::complete || answer.body != visit.address() + " " + target) {
        return wrong("a valid request got " + escape(answer.head) + " + " + escape(answer.body));
    }
    ++answers_;
    return true;
}

}  // namespace

int run_responses(const CorpusRun& run) {
    const Cases cases = ferrotunnel::test::read_http_corpus(run.folder, "response_");
    Problems problems;
    const Backend backend(run.backend_port, [&](Socket& socket, int) { serve(socket, cases, problems); });
    std::atomic<std::size_t> answers{0};
    run_clients(run.clients, [&](int client) {
        Visitor one(run, client, cases, problems);
        one.run();
        answers += one.answers();
    });
    if (!backend.wait_until_alone()) {
        problems.add("backend", "connections that nobody needs are kept");
    }
    std::printf("cases=%zu clients=%d answers=%zu backend_connections=%zu wrong=%zu\n", cases.size(), run.clients,
                answers.load(), backend.connections_ever(), problems.count());
    return problems.count() == 0 ? 0 : 1;
}

}  // namespace e2e
