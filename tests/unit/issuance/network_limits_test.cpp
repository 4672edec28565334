// Times and numbers that bound what one request or lookup costs.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "issuance/call_runner.hpp"
#include "issuance/directory_cache.hpp"
#include "issuance/dns_lookup.hpp"
#include "issuance/dns_query.hpp"
#include "issuance/limits.hpp"
#include "issuance/order_run.hpp"
#include "support/eventually.hpp"
#include "unit/fetch/scripted_server.hpp"
#include "unit/issuance/dns_server.hpp"

namespace ferrotunnel::issuance {
namespace {

using fetch::test::ScriptedServer;
using test::DnsServer;

// A worker with what requests share.
class NetworkTest {
public:
    NetworkTest() { worker.start(); }
    ~NetworkTest() { stop(); }
    void stop() {
        worker.stop();
        worker.join();
    }

    runtime::Worker worker;
    Network network{worker};
};

std::string url_at(const ScriptedServer& server) {
    return "http://" + server.destination().authority + "/dir";
}

TEST_CASE("limit: a request to a CA that does not answer ends after its time", "[issuance]") {
    ScriptedServer silent;
    NetworkTest test;
    CHECK(test.network.request_time == limits::request_time);
    test.network.request_time = std::chrono::milliseconds(50);
    CallRunner runner(test.network);
    std::promise<acme::HttpReply> received;
    test.worker.post([&] {
        acme::HttpCall call;
        call.url = url_at(silent);
        runner.run(call, [&](const acme::HttpReply& reply) { received.set_value(reply); });
    });
    const acme::HttpReply reply = received.get_future().get();
    CHECK(reply.status == 0);
    CHECK_THAT(reply.error, Catch::Contains(url_at(silent)));
    test.stop();
}

// Gets the directory twice. Returns how many requests that costs if it is kept for this time.
std::size_t requests_for_two(Duration kept_for) {
    ScriptedServer server;
    NetworkTest test;
    DirectoryCache cache(test.network, kept_for);
    const std::string body = R"({"newNonce": "http://127.0.0.1/n", "newAccount": "http://127.0.0.1/a",)"
                             R"("newOrder": "http://127.0.0.1/o"})";
    std::size_t requests = 0;
    for (int i = 0; i < 2; ++i) {
        std::atomic<bool> is_known = false;
        test.worker.post([&] {
            cache.get(url_at(server),
                      [&](const DirectoryCache::Answer& known) { is_known = static_cast<bool>(known); });
        });
        REQUIRE(test::eventually([&] {
            if (server.has("\r\n\r\n", requests)) {
                server.say(requests++, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                                           std::to_string(body.size()) + "\r\n\r\n" + body);
            }
            return is_known.load();
        }));
    }
    test.stop();
    return requests;
}

TEST_CASE("limit: the directory of a CA is requested again when its time is over", "[issuance]") {
    CHECK(requests_for_two(limits::directory_time) == 1);
    CHECK(requests_for_two(Duration::zero()) == 2);
}

TEST_CASE("limit: a DNS server that does not answer is given up after its time", "[issuance]") {
    const DnsServer silent({}, true);
    const DnsAnswer answer = query_dns("a.example.test", DnsType::txt, silent.place(), std::chrono::milliseconds(50));
    CHECK(answer.values.empty());
    CHECK_THAT(answer.error, Catch::Contains("does not respond"));
    const DnsServer server({"192.0.2.1"});
    CHECK(query_dns("a.example.test", DnsType::a, server.place()).values == std::vector<std::string>{"192.0.2.1"});
}

TEST_CASE("limit: so many DNS lookups wait; one more fails", "[issuance]") {
    DnsServer server({}, true);
    NetworkTest test;
    auto dns = std::make_unique<DnsLookup>(test.worker.mailbox(), std::chrono::hours(1));
    dns->set_server(server.place());
    std::atomic<std::size_t> rejected = 0;
    const auto add = [&](std::size_t count) {
        std::promise<void> added;
        test.worker.post([&] {
            for (std::size_t i = 0; i < count; ++i) {
                dns->text_records("a.example.test", [&](const DnsAnswer& answer) {
                    CHECK_THAT(answer.error, Catch::Contains("too many"));
                    ++rejected;
                });
            }
            test.worker.post([&] { added.set_value(); });  // after the answers
        });
        added.get_future().wait();
    };
    add(limits::lookups_max);
    CHECK(rejected == 0);
    add(limits::dns_threads_max + 1);  // each thread has taken at most one
    CHECK(rejected >= 1);
    CHECK(rejected <= limits::dns_threads_max + 1);
    test.stop();
    dns.reset();
    server.answer_all();  // so that the threads end
}

TEST_CASE("limit: with a clock that differs too much from the CA's no order is placed", "[issuance]") {
    const WallTime theirs(std::chrono::seconds(1'800'000'000));
    for (const auto difference : {limits::clock_difference_max, -limits::clock_difference_max}) {
        const std::chrono::seconds more(difference.count() > 0 ? 1 : -1);
        CHECK(clock_fault(theirs + difference, theirs).empty());
        CHECK_THAT(clock_fault(theirs + difference + more, theirs),
                   Catch::Contains("clock") && Catch::Contains("60 minutes") && Catch::Contains("NTP"));
    }
}

}  // namespace
}  // namespace ferrotunnel::issuance
