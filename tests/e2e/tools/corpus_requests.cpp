// Requests: each client sends the whole corpus, each message on a connection of its own between valid requests, and
// valid requests on a connection that it keeps. A ledger says what each connection's requests must look like at the
// backend; in the end, exactly these must have arrived there.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "corpus.hpp"

namespace e2e {
namespace {

/// A request as the backend must see it, or has seen it.
struct Arrived {
    std::string head;
    std::string body;
    std::string trailers;
    bool operator==(const Arrived&) const = default;
};

struct Connection {
    std::vector<Arrived> expected;
    bool may_be_cut = false;  // after these, a request may come that was refused or abandoned in its body
    std::vector<Arrived> arrived;
    std::size_t cut = 0;
    std::string name;  // the name of the case
};

class Ledger {
public:
    void expect(const std::string& address, Connection connection) {
        const std::lock_guard lock(mutex_);
        Connection& known = by_address_[address];
        known.expected = std::move(connection.expected);
        known.may_be_cut = connection.may_be_cut;
        known.name = std::move(connection.name);
    }
    std::size_t add(const std::string& address, Arrived arrived) {
        const std::lock_guard lock(mutex_);
        by_address_[address].arrived.push_back(std::move(arrived));
        return ++count_;
    }
    void add_cut(const std::string& address) {
        const std::lock_guard lock(mutex_);
        ++by_address_[address].cut;
    }
    const std::map<std::string, Connection>& all() const { return by_address_; }
    std::size_t count() const { return count_; }

private:
    std::mutex mutex_;
    std::map<std::string, Connection> by_address_;
    std::size_t count_ = 0;
};

/// The backend: takes nothing that is not strictly HTTP, and answers with the sender's address, the number of the
/// request, and its target.
void serve(Socket& socket, Ledger& ledger, Problems& problems) {
    StreamReader stream(socket, -1);
    StrictReader http(stream);
    while (true) {
        StrictMessage request;
        Reading reading = http.head_of_request(request);
        const bool has_head = reading == Reading::complete;
        if (has_head) {
            if (request.count("expect") > 0) {
                (void)send_all(socket, "HTTP/1.1 100 Continue\r\n\r\n");
            }
            reading = http.body_of_request(request);
        }
        if (reading == Reading::malformed) {
            problems.add("backend", http.why());
            return;
        }
        const std::string address = request.value("x-real-ip");
        if (reading != Reading::complete) {
            if (has_head) {
                ledger.add_cut(address);
            }
            return;
        }
        if (const std::string why = forged(request, address); !why.empty()) {
            problems.add("backend, " + address, why);
        }
        const std::size_t number =
            ledger.add(address, {without_forwarding(request.head), request.body, request.trailers});
        const std::string text = address + " " + std::to_string(number) + " " + request.words[1];
        std::string answer =
            "HTTP/1.1 200 OK\r\nX-Seen: " + text + "\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n";
        if (request.words[0] != "HEAD") {
            answer += text;
        }
        if (!send_all(socket, answer)) {
            return;
        }
    }
}

std::string first_line(const StrictMessage& message) {
    return message.head.substr(0, message.head.find('\r'));
}

/// One client; everything that it does is on connections with addresses of its own.
class Client {
public:
    Client(const CorpusRun& run, int client, Ledger& ledger, Problems& problems)
        : run_(run),
          client_(client),
          ledger_(ledger),
          problems_(problems),
          random_(static_cast<std::uint32_t>(client)) {}

    void run(std::vector<HttpCase> cases) {
        std::shuffle(cases.begin(), cases.end(), random_);
        for (const HttpCase& some : cases) {
            visit(some);
            live_request();
        }
        end_live();
    }
    const std::vector<std::size_t>& numbers() const { return numbers_; }

private:
    struct Plan;
    void visit(const HttpCase& some);
    Plan plan_of(const HttpCase& some, bool pipelined) const;
    std::string message_of(const HttpCase& some, const Plan& plan, Connection& connection);
    void abandon(Visit& visit);
    void go_on(Visit& visit, const HttpCase& some, const Plan& plan, Connection& connection);
    void live_request();
    void end_live();
    std::string valid_request(Connection& connection);
    bool answered(Visit& visit, const Arrived& expected);
    bool refused(Visit& visit, const std::string& expect, bool closes);
    void wrong(const std::string& what) { problems_.add("client " + std::to_string(client_) + ", " + name_, what); }

    const CorpusRun& run_;
    const int client_;
    Ledger& ledger_;
    Problems& problems_;
    std::minstd_rand random_;
    int visits_ = 0;
    int valid_ = 0;
    std::string name_;
    std::unique_ptr<Visit> live_;
    Connection live_expected_;
    std::vector<std::size_t> numbers_;  // the numbers that the backend has given to the answers
};

/// A request that nothing is wrong with, and that differs from every other one.
std::string Client::valid_request(Connection& connection) {
    const std::string id = std::to_string(client_) + "-" + std::to_string(++valid_);
    std::string body;
    if (valid_ % 3 == 0) {
        // The body would be a request of its own, if the message were taken to end before it.
        body = "GET /smuggled-" + id + " HTTP/1.1\r\nHost: a.example\r\n\r\n";
    }
    std::string head =
        (body.empty() ? "GET /valid/" : "POST /valid/") + id + " HTTP/1.1\r\nHost: a.example\r\nX-Id: " + id + "\r\n";
    if (!body.empty()) {
        head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    head += "\r\n";
    connection.expected.push_back({head, body, {}});
    return head + body;
}

/// True when the answer to that request has come, and not the answer to another one.
bool Client::answered(Visit& visit, const Arrived& expected) {
    const std::string method = expected.head.substr(0, expected.head.find(' '));
    const std::size_t target_at = method.size() + 1;
    const std::string target = expected.head.substr(target_at, expected.head.find(' ', target_at) - target_at);
    StrictMessage answer;
    if (const Reading reading = visit.response(answer, method); reading != Reading::complete) {
        wrong("no answer but " + (reading == Reading::malformed ? visit.http().why() : "an end behind " + answer.head));
        return false;
    }
    if (answer.status() != 200) {
        wrong("not answered but " + first_line(answer) + " " + answer.value("x-ferrotunnel-error"));
        return false;
    }
    const std::string seen = answer.value("x-seen");
    const std::size_t space = seen.find(' ');
    const std::size_t next = seen.find(' ', space + 1);
    if (next == std::string::npos || seen.substr(0, space) != visit.address() || seen.substr(next + 1) != target ||
        (method != "HEAD" && answer.body != seen)) {
        wrong("an answer to somebody else: " + seen + " / " + answer.body + " for " + target);
        return false;
    }
    numbers_.push_back(parse_number(seen.substr(space + 1, next - space - 1)));
    return true;
}

bool Client::refused(Visit& visit, const std::string& expect, bool closes) {
    StrictMessage answer;
    if (const Reading reading = visit.response(answer, "GET"); reading != Reading::complete) {
        wrong("no refusal " + expect + " but " +
              (reading == Reading::malformed ? visit.http().why() : "an end behind " + answer.head));
        return false;
    }
    if (answer.words[1] + " " + answer.value("x-ferrotunnel-error") != expect) {
        wrong("expected " + expect + ", got " + first_line(answer) + " " + answer.value("x-ferrotunnel-error"));
        return false;
    }
    if (closes && (answer.value("connection") != "close" || !visit.nothing_more())) {
        wrong("not closed behind its refusal");
        return false;
    }
    return true;
}

/// What is known of a message before it is sent.
struct Client::Plan {
    std::string expect;  // as the corpus has it, unless the edge's routes decide before
    bool accepted = false;
    bool more = false;
    bool routed = false;   // refused by routing, which leaves the connection as it is
    bool goes_on = false;  // the connection can be used again
    bool pipelined = false;
    Arrived own;
};

/// Sends a valid request, the message, and where the connection continues, another valid request.
void Client::visit(const HttpCase& some) {
    name_ = some.file + ": " + some.name;
    Connection connection;
    connection.name = name_;
    Visit visit(run_, client_, ++visits_);
    const auto way = random_() % 4;
    const bool first = way != 0;
    const Plan plan = plan_of(some, way == 2);

    std::string bytes;
    if (first) {
        bytes = valid_request(connection);
        if (!plan.pipelined) {
            if (!visit.send(bytes) || !answered(visit, connection.expected.back())) {
                return;
            }
            bytes.clear();
        }
    }
    bytes += message_of(some, plan, connection);
    ledger_.expect(visit.address(), connection);
    (void)visit.send(bytes, random_() % 2 == 0 ? random_() % (bytes.size() + 1) : 0);
    if (plan.pipelined && !answered(visit, connection.expected.front())) {
        return;
    }
    if (plan.more) {
        abandon(visit);
    } else if (!plan.accepted ? refused(visit, plan.expect, !plan.routed) : answered(visit, plan.own)) {
        go_on(visit, some, plan, connection);
    }
}

Client::Plan Client::plan_of(const HttpCase& some, bool pipelined) const {
    Plan plan;
    plan.expect = some.fact("edge", some.fact("expect"));
    plan.accepted = plan.expect == "accept";
    plan.more = plan.expect == "more";
    plan.routed = some.has("edge");
    plan.goes_on =
        (plan.accepted || plan.routed) && some.fact("rest").empty() && some.fact("connection", "keep") == "keep";
    plan.pipelined = pipelined;
    plan.own = {without_forwarding(some.fact("seen")), some.fact("body"), some.fact("trailers")};
    return plan;
}

/// The message's bytes, and those that are sent right behind it; notes in `connection` which requests must arrive.
std::string Client::message_of(const HttpCase& some, const Plan& plan, Connection& connection) {
    const std::string rest = some.fact("rest");
    if (plan.accepted) {
        connection.expected.push_back(plan.own);
        if (rest.find("\r\n\r\n") != std::string::npos && rest.starts_with("GET ")) {
            connection.expected.push_back({rest, {}, {}});
        }
    }
    connection.may_be_cut = !plan.accepted;
    if (plan.goes_on) {
        return some.send + (plan.pipelined ? valid_request(connection) : "");
    }
    const bool is_last = !plan.more && rest.empty();
    return some.send + (is_last ? "GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n" : "");
}

/// Ends the visitor's side within its request.
void Client::abandon(Visit& visit) {
    visit.finish();
    StrictMessage answer;
    if (visit.response(answer, "GET") == Reading::complete && answer.status() < 400) {
        wrong("answered before it was complete");
    }
}

/// Continues after the answer to the message.
void Client::go_on(Visit& visit, const HttpCase& some, const Plan& plan, Connection& connection) {
    if (plan.goes_on) {
        if (!plan.pipelined) {
            const std::string bytes = valid_request(connection);
            ledger_.expect(visit.address(), connection);
            (void)visit.send(bytes);
        }
        (void)answered(visit, connection.expected.back());
    } else if (plan.accepted && some.has("rest")) {
        visit.finish();
        if (!(connection.expected.back() == plan.own)) {
            (void)answered(visit, connection.expected.back());
        }
    } else if (plan.accepted && !visit.nothing_more()) {
        wrong("something behind the last answer");
    }
}

/// Sends a valid request on a connection that lasts as long as the edge keeps it.
void Client::live_request() {
    name_ = "a valid request";
    if (!live_) {
        live_ = std::make_unique<Visit>(run_, client_, ++visits_);
    }
    const std::string bytes = valid_request(live_expected_);
    if (!live_->send(bytes) || !answered(*live_, live_expected_.expected.back())) {
        end_live();
    }
}

void Client::end_live() {
    if (live_) {
        live_expected_.name = "valid requests";
        ledger_.expect(live_->address(), live_expected_);
        live_expected_ = {};
        live_.reset();
    }
}

/// Checks, for each connection, that exactly the expected requests have arrived.
void compare(const Ledger& ledger, Problems& problems) {
    for (const auto& [address, connection] : ledger.all()) {
        const std::string where = "backend, " + connection.name + ", from " + address;
        const std::size_t both = std::min(connection.arrived.size(), connection.expected.size());
        for (std::size_t i = 0; i < both; ++i) {
            const Arrived& is = connection.arrived[i];
            const Arrived& wanted = connection.expected[i];
            if (!(is == wanted)) {
                problems.add(where, "has seen " + escape(is.head) + " + " + escape(is.body) + " + " +
                                        escape(is.trailers) + " instead of " + escape(wanted.head) + " + " +
                                        escape(wanted.body) + " + " + escape(wanted.trailers));
            }
        }
        for (std::size_t i = both; i < connection.arrived.size(); ++i) {
            problems.add(where, "SMUGGLED: " + escape(connection.arrived[i].head));
        }
        if (connection.arrived.size() < connection.expected.size()) {
            problems.add(where, "a request is missing: " + escape(connection.expected[both].head));
        }
        if (connection.cut > 0 && !connection.may_be_cut) {
            problems.add(where, "half a request has come");
        }
    }
}

}  // namespace

int run_requests(const CorpusRun& run) {
    const std::vector<HttpCase> cases = ferrotunnel::test::read_http_corpus(run.folder, "request_");
    Ledger ledger;
    Problems problems;
    const Backend backend(run.backend_port, [&](Socket& socket, int) { serve(socket, ledger, problems); });
    std::mutex mutex;
    std::multiset<std::size_t> numbers;
    run_clients(run.clients, [&](int client) {
        Client one(run, client, ledger, problems);
        one.run(cases);
        const std::lock_guard lock(mutex);
        numbers.insert(one.numbers().begin(), one.numbers().end());
    });
    if (!backend.wait_until_alone()) {
        problems.add("backend", "connections that nobody needs are kept");
    }
    compare(ledger, problems);
    if (std::set<std::size_t>(numbers.begin(), numbers.end()).size() != numbers.size()) {
        problems.add("visitors", "one answer was given to two of them");
    }
    std::printf("cases=%zu clients=%d requests=%zu answers=%zu backend_connections=%zu wrong=%zu\n", cases.size(),
                run.clients, ledger.count(), numbers.size(), backend.connections_ever(), problems.count());
    return problems.count() == 0 ? 0 : 1;
}

}  // namespace e2e
