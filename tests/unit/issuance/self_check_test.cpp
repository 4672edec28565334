#include "issuance/self_check.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "issuance/limits.hpp"
#include "runtime/system_random.hpp"
#include "support/eventually.hpp"
#include "support/temporary_folder.hpp"
#include "unit/fetch/scripted_server.hpp"
#include "unit/issuance/dns_server.hpp"

namespace ferrotunnel::issuance {
namespace {

using fetch::test::ScriptedServer;

// Checks of the name 127.0.0.1 at a scripted server's port.
class CheckTest {
public:
    CheckTest() { worker_.start(); }
    ~CheckTest() {
        worker_.stop();
        worker_.join();
        check_.reset();
    }

    std::future<SelfCheckResult> begin(std::uint16_t port) {
        return begin({.name = {acme::Identifier::Type::ip, "127.0.0.1"}, .port = port});
    }
    std::future<SelfCheckResult> begin(const SelfCheck::Target& target, const std::string& dns_server = {}) {
        worker_.post([this, target, dns_server] {
            dns_.set_server(dns_server);
            check_ = std::make_unique<SelfCheck>(SelfCheck::Needs{network_, dns_, challenges, runtime::system_random()},
                                                 target,
                                                 [this](const SelfCheckResult& result) { found_.set_value(result); });
        });
        return found_.get_future();
    }

    const test::TemporaryFolder folder;
    Challenges challenges{folder.path()};

private:
    runtime::Worker worker_;
    Network network_{worker_};
    DnsLookup dns_{worker_.mailbox()};
    std::promise<SelfCheckResult> found_;
    std::unique_ptr<SelfCheck> check_;
};

std::string token_asked(ScriptedServer& server) {
    const std::string path = "GET /.well-known/acme-challenge/";
    REQUIRE(test::eventually([&] { return server.has("\r\n\r\n", 0); }));
    const std::string got = server.got(0);
    REQUIRE(got.starts_with(path));
    return got.substr(path.size(), got.find(' ', path.size()) - path.size());
}

SelfCheckResult answer_with(const std::string& head, bool with_answer) {
    CheckTest test;
    ScriptedServer server;
    auto found = test.begin(server.destination().at.port);
    const std::string token = token_asked(server);
    const std::string answer = test.challenges.http_answer(token).value_or("none");
    CHECK(answer.starts_with(token + "."));
    const std::string body = with_answer ? answer : "welcome";
    server.say(0, head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return found.get();
}

using CheckVerdict = SelfCheckResult::Verdict;

TEST_CASE("a name leads here if its address gives the random answer", "[issuance]") {
    CHECK(answer_with("HTTP/1.1 200 OK\r\n", true).verdict == CheckVerdict::here);
}

TEST_CASE("another answer of this machine is another program's; the report has the address and its answer",
          "[issuance]") {
    const SelfCheckResult other = answer_with("HTTP/1.1 200 OK\r\nServer: router\x1b[1m\r\n", false);
    CHECK(other.verdict != CheckVerdict::here);
    const SelfCheckResult page = answer_with("HTTP/1.1 404 Not Found\r\nServer: router\r\n", false);
    CHECK(page.verdict == CheckVerdict::occupied);
    CHECK_THAT(page.detail, Catch::Contains("127.0.0.1") && Catch::Contains("404") && Catch::Contains("router"));
    CHECK(answer_with("HTTP/1.1 404 Not Found\r\n", true).verdict == CheckVerdict::occupied);
}

TEST_CASE("a redirect is neither: a CA follows it", "[issuance]") {
    const SelfCheckResult found = answer_with("HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1/\r\n", false);
    CHECK(found.verdict == CheckVerdict::unreachable);
    CHECK_THAT(found.detail, Catch::Contains("redirect"));
}

TEST_CASE("an address without a server is unreachable", "[issuance]") {
    CheckTest test;
    std::uint16_t port = 0;
    {
        const ScriptedServer closed;
        port = closed.destination().at.port;
    }
    const SelfCheckResult found = test.begin(port).get();
    CHECK(found.verdict == CheckVerdict::unreachable);
    CHECK_THAT(found.detail, Catch::Contains("127.0.0.1"));
}

TEST_CASE("limit: addresses that do not answer in time are unreachable", "[issuance]") {
    CheckTest test;
    ScriptedServer silent;
    SelfCheck::Target target{.name = {acme::Identifier::Type::ip, "127.0.0.1"}, .port = silent.destination().at.port};
    CHECK(target.time == limits::self_check_time);
    target.time = std::chrono::milliseconds(50);
    CHECK(test.begin(target).get().verdict == CheckVerdict::unreachable);
}

TEST_CASE("limit: so many addresses of a name are checked", "[issuance]") {
    std::vector<std::string> addresses;
    for (std::size_t i = 0; i <= limits::addresses_max; ++i) {
        addresses.push_back("127.0.0." + std::to_string(i + 1));
    }
    const test::DnsServer dns(addresses);
    std::uint16_t port = 0;
    {
        const ScriptedServer closed;
        port = closed.destination().at.port;
    }
    CheckTest test;
    const SelfCheckResult found =
        test.begin({.name = {acme::Identifier::Type::dns, "a.example.test"}, .port = port}, dns.place()).get();
    CHECK_THAT(found.detail, Catch::Contains(addresses[limits::addresses_max - 1] + " "));
    CHECK_THAT(found.detail, !Catch::Contains(addresses[limits::addresses_max] + " "));
}

TEST_CASE("a name whose DNS cannot be asked is neither here nor elsewhere", "[issuance]") {
    CheckTest test;
    const SelfCheckResult found =
        test.begin({.name = {acme::Identifier::Type::dns, "a.example.test"}, .port = 80}, "127.0.0.1:1").get();
    CHECK(found.verdict == CheckVerdict::unresolved);
    CHECK_THAT(found.detail, Catch::Contains("127.0.0.1:1"));
}

TEST_CASE("of a stranger's names only public addresses and our own are requested", "[issuance]") {
    for (const char* address :
         {"10.255.255.1", "192.168.255.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
          "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:10.255.255.1", "x", ""}) {
        CHECK_FALSE(may_request_for_stranger(address));
    }
    for (const char* address : {"127.0.0.1", "8.8.8.8", "2606:4700:4700::1111"}) {
        CHECK(may_request_for_stranger(address));
    }
}

}  // namespace
}  // namespace ferrotunnel::issuance
