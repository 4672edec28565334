// Tests how `hooks` handles the endpoint's responses, hostile and dead endpoints, and overload.
#include "hooks/endpoint.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "common/service_for_tests.hpp"
#include "hooks/close_queue.hpp"
#include "hooks/login_table.hpp"
#include "hooks/signature.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugins;
using namespace std::chrono_literals;
using ferrotunnel::test::Service;
using ferrotunnel::test::SilentListener;

namespace {

/// Values that arrive on another thread.
template <typename Value>
class Box {
public:
    void put(Value value) {
        {
            const std::lock_guard lock(mutex_);
            value_ = std::move(value);
        }
        changed_.notify_all();
    }
    Value take() {
        std::unique_lock lock(mutex_);
        REQUIRE(changed_.wait_for(lock, 60s, [this] { return value_.has_value(); }));
        return *std::exchange(value_, std::nullopt);
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Value> value_;
};

/// Lines of the log.
struct Lines {
    Endpoint::LogFunction tell() {
        return [this](plugin::Plugin::Level, const std::string& line) {
            const std::lock_guard lock(mutex);
            all += line + "\n";
        };
    }
    bool has(const std::string& part) {
        const std::lock_guard lock(mutex);
        return all.find(part) != std::string::npos;
    }
    /// The sum of the counts of all lines "N close event(s) were PART...".
    int closes(const std::string& part) {
        const std::lock_guard lock(mutex);
        int sum = 0;
        std::istringstream lines(all);
        for (std::string line; std::getline(lines, line);) {
            if (line.find(" close event(s) were " + part) != std::string::npos) {
                sum += std::stoi(line);
            }
        }
        return sum;
    }
    std::mutex mutex;
    std::string all;
};

Endpoint::Options options(const std::string& url, std::chrono::milliseconds timeout = 300s) {
    Endpoint::Options made;
    made.url = url;
    made.timeout = timeout;
    made.connections = 2;
    made.queue = 4;
    return made;
}

plugins::EndpointDecision ask(const std::string& url, std::chrono::milliseconds timeout = 300s) {
    Lines lines;
    Box<plugins::EndpointDecision> box;
    Endpoint endpoint(options(url, timeout), lines.tell());
    endpoint.ask({}, Event::registration, "{}",
                 [&box](const plugins::EndpointDecision& decision) { box.put(decision); });
    plugins::EndpointDecision decision = box.take();
    CHECK(lines.has("there is no decision from " + url) == !decision.fault.empty());
    endpoint.stop();
    return decision;
}

}  // namespace

TEST_CASE("hooks decision: what is understood", "[hooks][decision]") {
    const plugins::EndpointDecision plain = read_decision(R"({"decision": "accept"})", Event::connect);
    CHECK(plain.fault.empty());
    CHECK(plain.accepts);
    const plugins::EndpointDecision no = read_decision(R"({"decision": "reject", "reason": "no"})", Event::login);
    CHECK(no.fault.empty());
    CHECK_FALSE(no.accepts);
    CHECK(no.reason == "no");
    CHECK(read_decision(R"({"decision": "reject"})", Event::login).reason == "refused");
    const plugins::EndpointDecision notes =
        read_decision(R"({"notes": {"plan": "gold"}, "decision": "accept"})", Event::login);
    REQUIRE(notes.notes.size() == 1);
    CHECK(notes.notes[0].value == "gold");
}

TEST_CASE("hooks decision: what is not understood is none", "[hooks][decision]") {
    const std::string deep = std::string(20'000, '[') + std::string(20'000, ']');
    const std::string objects = [] {
        std::string all;
        for (int i = 0; i < 10'000; ++i) {
            all += "{\"a\":";
        }
        return all + "1" + std::string(10'000, '}');
    }();
    std::string seventeen = "\"h\"";
    for (int i = 0; i < 16; ++i) {
        seventeen += ",\"h\"";
    }
    for (const std::string& bad : std::vector<std::string>{
             "",
             "null",
             "[]",
             "true",
             "{}",
             "{",
             "not json",
             deep,
             objects,
             R"({"decision": "accept"} x)",
             R"({"decision": "accept", "decision": "reject"})",
             R"({"decision": "Accept"})",
             R"({"decision": true})",
             R"({"decision": ["accept"]})",
             R"({"accept": true})",
             R"({"decision": "accept", "version": 2})",
             R"({"decision": "accept", "version": "1"})",
             R"({"decision": "accept", "reason": "since"})",
             R"({"decision": "accept", "host": "a.test"})",
             R"({"decision": "accept", "hosts": "a.test"})",
             R"({"decision": "accept", "hosts": []})",
             R"({"decision": "accept", "hosts": [1]})",
             R"({"decision": "accept", "hosts": [)" + seventeen + "]}",
             R"({"decision": "accept", "limits": {"body_max": -1}})",
             R"({"decision": "accept", "limits": {"body_max": 1.5}})",
             R"({"decision": "accept", "limits": {"body_max": "1"}})",
             R"({"decision": "accept", "limits": {"body_max": 99999999999999999999}})",
             R"({"decision": "accept", "limits": {"bodymax": 1}})",
             R"({"decision": "accept", "limits": {"upgrades": 1}})",
             R"({"decision": "accept", "limits": [1]})",
             R"({"decision": "accept", "notes": ["a"]})",
             R"({"decision": "accept", "notes": {"a": 1}})",
             R"({"decision": "reject", "reason": 1})",
             R"({"decision": "reject", "hosts": ["a.test"]})",
         }) {
        INFO(bad.substr(0, 80));
        CHECK_FALSE(read_decision(bad, Event::registration).fault.empty());
    }
    CHECK_FALSE(read_decision(R"({"decision": "accept", "hosts": ["a.test"]})", Event::login).fault.empty());
    CHECK_FALSE(read_decision(R"({"decision": "accept", "notes": {"a": "b"}})", Event::connect).fault.empty());
    const auto with_note = [](std::size_t size) {
        return read_decision(R"({"decision": "accept", "notes": {"n": ")" + std::string(size, 'x') + "\"}}",
                             Event::login);
    };
    CHECK(with_note(4'095).fault.empty());
    CHECK(with_note(4'096).fault == "`notes` has more than 4 KiB of text");
    const std::string odd = read_decision("{\"decision\": \"accept\", \"a\\nb\": 1}", Event::login).fault;
    CHECK(odd == "the key `a?b` is not valid in this response");
}

TEST_CASE("hooks token: what is understood", "[hooks][token]") {
    const TokenDecision all = read_token_decision(
        R"({"version": 1, "decision": "accept", "secret": "s", "name": "ann", "rights": {"ports": ["22"]}})");
    CHECK(all.fault.empty());
    CHECK(all.accepts);
    CHECK(all.secret == "s");
    CHECK(all.name == "ann");
    CHECK(all.rights == R"({"ports":["22"]})");
    const TokenDecision plain = read_token_decision(R"({"decision": "accept", "secret": "s"})");
    CHECK(plain.fault.empty());
    CHECK(plain.rights.empty());
    CHECK(read_token_decision("{\"decision\": \"accept\", \"secret\": \"" + std::string(4'096, 's') + "\"}")
              .fault.empty());
    const TokenDecision no = read_token_decision(R"({"decision": "reject", "reason": "who?"})");
    CHECK(no.fault.empty());
    CHECK_FALSE(no.accepts);
}

TEST_CASE("hooks token: what is not understood is none, and not repeated", "[hooks][token]") {
    for (const std::string& bad : std::vector<std::string>{
             "",
             "[]",
             "{}",
             "S3CRET",
             R"({"secret": "S3CRET"})",
             R"({"decision": "accept"})",
             R"({"decision": "S3CRET"})",
             R"({"decision": "accept", "secret": ""})",
             R"({"decision": "accept", "secret": ["S3CRET"]})",
             R"({"decision": "accept", "secret": "S3CRET", "secret": "S3CRET"})",
             R"({"decision": "accept", "secret": ")" + std::string(4'097, 's') + "\"}",
             R"({"decision": "accept", "secret": "S3CRET", "name": 1})",
             R"({"decision": "accept", "secret": "S3CRET", "rights": "S3CRET"})",
             R"({"decision": "accept", "secret": "S3CRET", "rights": []})",
             R"({"decision": "accept", "secret": "S3CRET", "S3CRET": 1})",
             R"({"decision": "accept", "secret": "S3CRET", "reason": "S3CRET"})",
             R"({"decision": "accept", "secret": "S3CRET", "version": 2})",
             R"({"decision": "reject", "secret": "S3CRET"})",
         }) {
        INFO(bad.substr(0, 80));
        const TokenDecision decision = read_token_decision(bad);
        CHECK_FALSE(decision.fault.empty());
        CHECK_FALSE(decision.accepts);
        CHECK(decision.secret.empty());
        CHECK(decision.fault.find("S3CRET") == std::string::npos);
    }
}

TEST_CASE("hooks signature: as others compute it", "[hooks][signature]") {
    // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
    const std::string one = "9eb18f493f8ec135d9eb2dad817c369bb4e9cbfa818657897a7437c1cd8c3a23";
    CHECK(signature_of("{\"a\":1}", 1'700'000'000, {"0123456789abcdef"}) == "t=1700000000,v1=" + one);
    const std::string two = signature_of("{\"a\":1}", 1'700'000'000, {"another key of mine", "0123456789abcdef"});
    CHECK(two.size() == std::string("t=1700000000").size() + 2 * (4 + 64));
    CHECK(two.ends_with(",v1=" + one));
}

TEST_CASE("hooks endpoint: fields and signature of a question", "[hooks][endpoint]") {
    Service service(Service::json(R"({"decision": "accept"})"));
    Lines lines;
    Box<plugins::EndpointDecision> box;
    Endpoint::Options made = options(service.url);
    made.fields = {{"Authorization", "Bearer of mine"}};
    made.secrets = {"0123456789abcdef"};
    Endpoint endpoint(made, lines.tell());
    endpoint.ask({}, Event::login, "{\"a\":1}",
                 [&box](const plugins::EndpointDecision& decision) { box.put(decision); });
    CHECK(box.take().accepts);
    const std::string request = service.requests().at(0);
    CHECK(request.find("\r\nAuthorization: Bearer of mine\r\n") != std::string::npos);
    const std::size_t at = request.find("X-FerroTunnel-Signature: ");
    REQUIRE(at != std::string::npos);
    const std::string field = request.substr(at + 25, request.find("\r\n", at) - at - 25);
    const std::int64_t seconds = std::stoll(field.substr(2));
    CHECK(field == signature_of("{\"a\":1}", seconds, made.secrets));
    endpoint.stop();
}

TEST_CASE("hooks endpoint: hostile and broken ones give no decision", "[hooks][endpoint]") {
    const std::string good = R"({"decision": "accept"})";
    for (const std::string& bad : std::vector<std::string>{
             "HTTP/1.1 500 Oops\r\n\r\n" + good,
             "HTTP/1.1 204 Nothing\r\n\r\n",
             "HTTP/1.1 201 Made\r\n\r\n" + good,
             "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + good,  // closed in the middle
             "HTTP/1.1 200 OK\r\n\r\n<html>Welcome</html>",
             "HTTP/1.1 200 OK\r\n\r\n" + good + std::string(10'000'000, ' '),
             "HTTP/1.1 200 OK\r\n\r\n" + std::string(60'000, '['),
             "HTTP/1.1 200 OK\r\n\r\n",
             "HTTP/1.1 100 Continue\r\n\r\n",
             "nonsense\r\n\r\n",
             "",
         }) {
        INFO(bad.substr(0, 60));
        Service service(bad);
        CHECK_FALSE(ask(service.url).fault.empty());
        CHECK(service.count() >= 1);
    }
    CHECK_FALSE(ask("http://127.0.0.1:1/hook").fault.empty());
    SilentListener nobody;
    CHECK_FALSE(ask(nobody.url, 50ms).fault.empty());
}

TEST_CASE("hooks endpoint: an answer that drips is none when its time is over", "[hooks][endpoint]") {
    SilentListener listener;
    std::atomic<bool> ends{false};
    std::thread dripping([&] {
        const int connection = listener.accept();
        const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
        bool goes_on = ::send(connection, head.data(), head.size(), MSG_NOSIGNAL) > 0;
        while (goes_on && !ends) {
            goes_on = ::send(connection, " ", 1, MSG_NOSIGNAL) == 1;
            std::this_thread::sleep_for(1ms);
        }
        ::close(connection);
    });
    const plugins::EndpointDecision decision = ask(listener.url, 100ms);
    ends = true;
    listener.end();  // the time may have passed before the connection
    dripping.join();
    CHECK_FALSE(decision.fault.empty());
}

TEST_CASE("hooks endpoint: whoever hears a decision may ask again, since that question has left its place",
          "[hooks][endpoint]") {
    Service service("HTTP/1.1 200 OK\r\n\r\n{\"decision\": \"accept\"}");
    Lines lines;
    Endpoint::Options one = options(service.url);
    one.connections = 1;
    one.queue = 0;
    Box<plugins::EndpointDecision> last;
    Endpoint endpoint(one, lines.tell());
    endpoint.ask({}, Event::login, "{}", [&](const plugins::EndpointDecision&) {
        endpoint.ask({}, Event::registration, "{}",
                     [&](const plugins::EndpointDecision& decision) { last.put(decision); });
    });
    CHECK(last.take().fault.empty());
    endpoint.stop();
    CHECK_FALSE(lines.has("too many requests wait"));
}

TEST_CASE("http client: a question that waits fails when its time is over, whoever has the turn", "[hooks][client]") {
    SilentListener nobody;
    std::mutex mutex;
    std::string order;
    Box<std::string> last;
    HttpClient client(1, 4, 1s);
    const HttpRequest http_request{nobody.url};
    const auto ask = [&](std::uint64_t token, char name) {
        return client.ask({token, 0}, http_request, [&, name](const HttpResponse& answer) {
            {
                const std::lock_guard lock(mutex);
                order += name;
            }
            if (name == 'c') {
                last.put(answer.error);
            }
        });
    };
    REQUIRE(ask(1, 'a'));  // it is running
    std::this_thread::sleep_for(100ms);
    REQUIRE(ask(1, 'b'));
    std::this_thread::sleep_for(500ms);
    REQUIRE(ask(2, 'c'));  // it has the next turn, when the first one ends, and outlives the second
    CHECK_FALSE(last.take().empty());
    const std::lock_guard lock(mutex);
    CHECK(order == "abc");
}

TEST_CASE("hooks closes: the oldest goes where too many wait, and all that is lost is counted", "[hooks][close]") {
    SilentListener nobody;
    Lines lines;
    Endpoint endpoint(options(nobody.url, 600s), lines.tell());
    CloseQueue queue(endpoint, 3, lines.tell());
    for (int i = 0; i < 10; ++i) {  // one is sent, three wait, six are dropped
        queue.add({}, "{}");
    }
    queue.drain(1ms);
    endpoint.stop();
    CHECK(lines.closes("dropped, the oldest first: more than 3 waited") == 6);
    CHECK(lines.closes("lost") == 4);
}

TEST_CASE("limit: close events of one token leave half of their queue to another's", "[hooks][close][limits]") {
    std::promise<void> opens;
    std::mutex mutex;
    std::vector<std::string> told;
    Service service([&, open = opens.get_future().share()](const std::string& request) {
        open.wait_for(60s);
        const std::lock_guard lock(mutex);
        told.push_back(request.substr(request.find("\r\n\r\n") + 4));
        return std::string("HTTP/1.1 204 Done\r\n\r\n");
    });
    Lines lines;
    Endpoint endpoint(options(service.url), lines.tell());
    CloseQueue queue(endpoint, 4, lines.tell());
    for (const char* const body : {"n0", "n1", "n2", "n3", "n4"}) {  // one is sent, four wait
        queue.add({1, 0}, body);
    }
    queue.add({2, 0}, "q1");
    queue.add({2, 0}, "q2");
    queue.add({1, 0}, "n5");  // its own oldest is dropped
    opens.set_value();
    queue.drain(60s);
    endpoint.stop();
    CHECK(told == std::vector<std::string>{"n0", "n4", "q1", "n5", "q2"});
    CHECK(lines.closes("dropped, the oldest first: more than 4 waited") == 3);
}

TEST_CASE("hooks closes: all are told in their order before an end", "[hooks][close]") {
    Service service("HTTP/1.1 204 Done\r\n\r\n");
    Lines lines;
    Endpoint endpoint(options(service.url), lines.tell());
    CloseQueue queue(endpoint, 100, lines.tell());
    for (int i = 0; i < 20; ++i) {
        queue.add({}, "{\"number\":" + std::to_string(i) + "}");
    }
    queue.drain(60s);
    endpoint.stop();
    REQUIRE(service.count() == 20);
    for (std::size_t i = 0; i < 20; ++i) {
        CHECK(service.body(i) == "{\"number\":" + std::to_string(i) + "}");
    }
    CHECK(lines.all.empty());
}

TEST_CASE("hooks closes: those that the endpoint does not take are lost, and no questions are", "[hooks][close]") {
    Service service([](const std::string& request) {
        return request.find("close") != std::string::npos ? "HTTP/1.1 500 Oops\r\n\r\n"
                                                          : Service::json(R"({"decision": "accept"})");
    });
    Lines lines;
    Endpoint endpoint(options(service.url), lines.tell());
    CloseQueue queue(endpoint, 100, lines.tell());
    for (int i = 0; i < 5; ++i) {
        queue.add({}, "close");
    }
    Box<plugins::EndpointDecision> box;
    endpoint.ask({}, Event::connect, "connect",
                 [&box](const plugins::EndpointDecision& decision) { box.put(decision); });
    CHECK(box.take().accepts);
    queue.drain(60s);
    endpoint.stop();
    CHECK(lines.closes("lost") == 5);
}

TEST_CASE("hooks logins: so many are known, and the oldest goes first", "[hooks][login]") {
    LoginTable table(1min);
    plugins::EndpointDecision yes;
    yes.accepts = true;
    const auto add = [&](const std::string& key) {
        LoginTable::Handle handle(ft_later{});
        CHECK(table.join(key, handle, 0s) == LoginTable::JoinResult::first);
        CHECK(table.finish(key, yes, 0s).size() == 1);
    };
    for (std::size_t i = 0; i < LoginTable::entries_max; ++i) {
        add(std::to_string(i));
    }
    CHECK(table.known("0", 59s));
    CHECK_FALSE(table.known("0", 60s));
    add("one more");
    CHECK_FALSE(table.known("0", 1s));
    CHECK(table.known("1", 1s));
    CHECK(table.known("one more", 1s));
}

TEST_CASE("hooks logins: where all that are known wait, the next one asks for itself", "[hooks][login]") {
    LoginTable table(1min);
    LoginTable::Handle handle(ft_later{});
    for (std::size_t i = 0; i < LoginTable::entries_max; ++i) {
        REQUIRE(table.join(std::to_string(i), handle, 0s) == LoginTable::JoinResult::first);
    }
    CHECK(table.join("one more", handle, 0s) == LoginTable::JoinResult::alone);
    CHECK(table.join("7", handle, 0s) == LoginTable::JoinResult::joined);
    CHECK(table.finish("7", without_decision<EndpointDecision>("it is dead"), 0s).size() == 2);
    CHECK(table.join("one more", handle, 0s) == LoginTable::JoinResult::first);
}

TEST_CASE("hooks logins: nobody joins a question that is older than the window", "[hooks][login]") {
    LoginTable table(1min);
    LoginTable::Handle handle(ft_later{});
    CHECK(table.join("a", handle, 1s) == LoginTable::JoinResult::first);
    CHECK(table.join("a", handle, 60s) == LoginTable::JoinResult::joined);
    CHECK(table.join("a", handle, 61s) == LoginTable::JoinResult::alone);
    plugins::EndpointDecision yes;
    yes.accepts = true;
    CHECK(table.finish("a", yes, 70s).size() == 2);
    CHECK(table.known("a", 129s));
    CHECK_FALSE(table.known("a", 130s));
    CHECK(table.join("a", handle, 130s) == LoginTable::JoinResult::first);
    CHECK(table.finish("a", without_decision<EndpointDecision>("it is dead"), 131s).size() == 1);
    CHECK(table.join("a", handle, 132s) == LoginTable::JoinResult::first);
}
