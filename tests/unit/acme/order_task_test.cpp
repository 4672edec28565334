#include "acme/order_task.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "acme/limits.hpp"
#include "order_driver.hpp"

namespace ferrotunnel::acme {
namespace {

using Catch::Contains;
using Kind = Problem::Kind;
using Saved = FailedStep::SavedOrder;
using Paths = std::map<std::string, unsigned>;

HttpReply problem_reply(std::uint16_t status, const std::string& type) {
    HttpReply reply;
    reply.status = status;
    reply.body = R"({"type":"urn:ietf:params:acme:error:)" + type + R"(","detail":"said by the test"})";
    return reply;
}

// Answers the calls number `first` to `last` of one path with this.
auto replace_calls(const std::string& path, unsigned first, unsigned last, const HttpReply& reply) {
    return [=, count = 0U](const HttpCall&, std::string_view called) mutable -> std::optional<HttpReply> {
        if (!called.starts_with(path)) {
            return {};
        }
        ++count;
        return count >= first && count <= last ? std::optional(reply) : std::nullopt;
    };
}

TEST_CASE("an order from the directory to the chain", "[acme]") {
    OneOrder order;
    order.run();
    REQUIRE(order.done);
    CHECK(order.chain.names == std::vector<std::string>{"a.example.com"});
    CHECK(order.driver.account_url == "https://ca.example.com/account/1");
    CHECK(order.driver.order_url == "https://ca.example.com/order/0");
    CHECK(order.ca.new_accounts.at(0) ==
          nlohmann::json{{"termsOfServiceAgreed", true}, {"contact", {"mailto:admin@example.com"}}});
    CHECK(order.ca.new_orders.at(0) ==
          nlohmann::json{{"identifiers", {{{"type", "dns"}, {"value", "a.example.com"}}}}});
    CHECK(order.ca.calls["new-nonce"] == 1);  // later nonces come with responses
    CHECK(order.ca.last_accept == "application/pem-certificate-chain");
}

TEST_CASE("a known account is used", "[acme]") {
    OneOrder order;
    order.run();
    order.resume();
    order.settings.resume_order.clear();
    order.run();
    CHECK(order.done);
    CHECK(order.ca.new_accounts.size() == 1);
}

TEST_CASE("an account without a contact", "[acme]") {
    OneOrder order;
    order.settings.registration.contact.clear();
    order.run();
    CHECK(order.done);
    CHECK(order.ca.new_accounts.at(0) == nlohmann::json{{"termsOfServiceAgreed", true}});
}

TEST_CASE("each way proves a name", "[acme]") {
    for (const Way way : all_ways) {
        OneOrder order(order_of({"a.example.com"}, {way}));
        order.run();
        CHECK(order.done);
        REQUIRE(order.driver.published.size() == 1);
        CHECK(order.driver.published[0].way == way);
        CHECK(order.driver.published[0].identifier.value == "a.example.com");
    }
}

TEST_CASE("addresses and wildcards", "[acme]") {
    OneOrder address(order_of({"192.0.2.1"}, {Way::dns_01, Way::tls_alpn_01}));
    address.run();
    CHECK(address.done);
    CHECK(address.driver.published.at(0).way == Way::tls_alpn_01);
    CHECK(address.chain.names == std::vector<std::string>{"192.0.2.1"});

    OneOrder wildcard(order_of({"example.com", "*.example.com"}, {Way::dns_persist_01, Way::http_01}));
    wildcard.run();
    CHECK(wildcard.done);
    REQUIRE(wildcard.driver.published.size() == 2);
    for (const Challenge& challenge : wildcard.driver.published) {
        CHECK(challenge.identifier.value == "example.com");
        CHECK(challenge.is_wildcard);
        CHECK(challenge.token.empty());
        CHECK(challenge.record_name == "_validation-persist.example.com");
        CHECK(challenge.record_value == "ca.example.com; accounturi=https://ca.example.com/account/1; policy=wildcard");
        CHECK(challenge.issuers == std::vector<std::string>{"ca.example.com", "ca.example.net"});
    }
}

TEST_CASE("a name and its wildcard are published before one of them is validated", "[acme]") {
    OneOrder order(order_of({"example.com", "*.example.com"}, {Way::dns_01}));
    order.ca.settings.polls = 3;
    std::size_t published = 0;
    order.ca.before = [&](const HttpCall&, std::string_view path) -> std::optional<HttpReply> {
        published = path.starts_with("challenge/") && published == 0 ? order.driver.published.size() : published;
        return {};
    };
    order.run();
    CHECK(order.done);
    CHECK(published == 2);
    CHECK(order.driver.published[0].record_name == order.driver.published[1].record_name);
    CHECK(order.driver.published[0].record_value != order.driver.published[1].record_value);
}

TEST_CASE("the first allowed way that the CA offers", "[acme]") {
    OneOrder order(order_of({"a.example.com"}, {Way::tls_alpn_01, Way::dns_01, Way::http_01}));
    order.ca.settings.offered = {Way::http_01, Way::dns_01};
    order.run();
    CHECK(order.done);
    CHECK(order.driver.published.at(0).way == Way::dns_01);
    CHECK(order.driver.published.at(0).record_name == "_acme-challenge.a.example.com");
}

TEST_CASE("no way that both sides have", "[acme]") {
    OneOrder order(order_of({"*.example.com"}, {Way::http_01, Way::tls_alpn_01}));
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::refused);
    CHECK_THAT(order.failure.problem.text, Contains("*.example.com") && Contains("dns-01") && Contains("unknown-01"));
    CHECK_FALSE(order.failure.way);
}

TEST_CASE("a valid authorization is not proved again", "[acme]") {
    OneOrder order;
    order.ca.before = [&](const HttpCall&, std::string_view path) -> std::optional<HttpReply> {
        if (path != "authorization/0") {
            return {};
        }
        HttpReply reply{.status = 200};
        reply.body = R"({"status":"valid","identifier":{"type":"dns","value":"a.example.com"},"challenges":[]})";
        return reply;
    };
    order.ca.after = [&](HttpReply& reply, std::string_view path) {
        if (path.starts_with("order/")) {
            const std::size_t at = reply.body.find(R"("pending")");
            at == std::string::npos ? reply.body : reply.body.replace(at, 9, R"("ready")");
        }
    };
    order.run();
    CHECK(order.driver.published.empty());
    CHECK(order.failed);  // since this CA itself finds it pending
    CHECK(order.failure.problem.type == "orderNotReady");
    CHECK(order.failure.saved_order == Saved::forget);
}

TEST_CASE("what cannot be published ends the order with its way", "[acme]") {
    OneOrder order;
    order.driver.publish_fault = "the port is busy";
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::local);
    CHECK(order.failure.problem.text == "the port is busy");
    CHECK(order.failure.way == Way::http_01);
    CHECK(order.ca.validations() == 0);
}

TEST_CASE("a failed validation ends the order with its way", "[acme]") {
    OneOrder order(order_of({"a.example.com"}, {Way::tls_alpn_01, Way::http_01}));
    order.ca.settings.cannot_validate = {Way::tls_alpn_01};
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::validation);
    CHECK(order.failure.problem.type == "connection");
    CHECK_THAT(order.failure.problem.text,
               Contains("a.example.com") && Contains("tls-alpn-01") && Contains("connection refused"));
    CHECK(order.failure.way == Way::tls_alpn_01);
    CHECK(order.failure.saved_order == Saved::forget);
}

TEST_CASE("a CA that wants another name proved", "[acme]") {
    OneOrder order;
    order.ca.settings.asks_for_other_name = true;
    order.run();
    REQUIRE(order.failed);
    CHECK_THAT(order.failure.problem.text, Contains("other.example.org"));
    CHECK(order.driver.published.empty());
}

TEST_CASE("waits obey the CA within their bounds", "[acme]") {
    struct Case {
        std::optional<std::chrono::seconds> retry_after;
        std::vector<long> waits;
    };
    for (const Case& one : {Case{{}, {1, 2, 4, 8, 10, 10}}, Case{std::chrono::seconds(7), {7, 7, 7, 7, 7, 7}},
                            Case{std::chrono::seconds(0), {1, 1, 1, 1, 1, 1}},
                            Case{std::chrono::hours(100'000), {60, 60, 60, 60, 60, 60}}}) {
        OneOrder order;
        order.ca.settings.polls = 6;
        order.ca.settings.retry_after = one.retry_after;
        order.run();
        CHECK(order.done);
        for (std::size_t at = 0; at < one.waits.size(); ++at) {
            CHECK(order.driver.waits.at(at).count() == one.waits[at]);
        }
    }
}

TEST_CASE("an order has a deadline", "[acme]") {
    OneOrder order;
    order.ca.settings.polls = 1'000'000;
    order.driver.clock_stands = GENERATE(false, true);
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::overdue);
    CHECK_THAT(order.failure.problem.text, Contains("validated") && Contains("http-01") && Contains("15 minutes"));
    CHECK(order.failure.way == Way::http_01);
    CHECK(order.failure.saved_order == Saved::keep);
    // Continued once, and not for as long as the CA keeps the order.
    order.resume();
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::overdue);
    CHECK(order.failure.saved_order == Saved::forget);
    CHECK(order.ca.orders() == 1);
}

TEST_CASE("a CA that does not issue in time is overdue, by no way's fault", "[acme]") {
    OneOrder order;
    order.ca.after = [](HttpReply& reply, std::string_view path) {
        const std::size_t at = path.starts_with("order/") ? reply.body.find(R"("valid")") : std::string::npos;
        at == std::string::npos ? reply.body : reply.body.replace(at, 7, R"("processing")");
    };
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::overdue);
    CHECK_THAT(order.failure.problem.text, Contains("not complete after 15 minutes"));
    CHECK_FALSE(order.failure.way);
    CHECK(order.failure.saved_order == Saved::keep);
}

TEST_CASE("a CA that does not show the saved order in time is unreachable", "[acme]") {
    OneOrder order;
    order.ca.settings.polls = 1'000'000;
    order.run();
    order.resume();
    order.ca.before = [&, is_slow = true](const HttpCall&, std::string_view path) mutable -> std::optional<HttpReply> {
        if (path.starts_with("order/") && std::exchange(is_slow, false)) {
            order.driver.advance(limits::order_time);
            HttpReply lost;
            lost.error = "timeout";
            return lost;
        }
        return {};
    };
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::unreachable);
}

// --- nonces ---

TEST_CASE("a rejected nonce is replaced by that of the response", "[acme]") {
    OneOrder order;
    order.ca.settings.bad_nonces = limits::bad_nonces_max;
    order.ca.settings.gives_no_nonce = GENERATE(false, true);
    order.run();
    CHECK(order.done);
    CHECK(order.ca.calls["new-nonce"] == (order.ca.settings.gives_no_nonce ? limits::bad_nonces_max + 1 : 1));
}

TEST_CASE("a CA that rejects one nonce more", "[acme]") {
    OneOrder order;
    order.ca.settings.bad_nonces = limits::bad_nonces_max + 1;
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::unreachable);
    CHECK(order.failure.problem.type == "badNonce");
}

TEST_CASE("a CA without usable nonces", "[acme]") {
    const std::string nonce = GENERATE(as<std::string>{}, "", "not base64url!", "line\r\nbreak");
    OneOrder order;
    order.ca.after = [&](HttpReply& reply, std::string_view) { reply.nonce = nonce; };
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::unreachable);
    CHECK_THAT(order.failure.problem.text, Contains("nonce"));
}

TEST_CASE("the longest nonce", "[acme]") {
    OneOrder order;
    order.ca.settings.nonce_length = limits::nonce_max;
    order.run();
    CHECK(order.done);
    order.ca.settings.nonce_length = limits::nonce_max + 1;
    order.run();
    CHECK(order.failed);
}

// --- accounts ---

TEST_CASE("an account that the CA has forgotten is registered again", "[acme]") {
    OneOrder order;
    order.run();
    order.resume();
    order.settings.resume_order.clear();
    order.ca.forget_accounts();
    order.run();
    CHECK(order.done);
    CHECK(order.ca.new_accounts.size() == 2);
    CHECK(order.driver.account_url == "https://ca.example.com/account/2");
}

TEST_CASE("an account that the CA does not know for a moment", "[acme]") {
    OneOrder order(order_of({"example.com", "*.example.com"}, {Way::dns_01}));
    const std::string path =
        GENERATE(as<std::string>{}, "new-order", "authorization/", "challenge/", "finalize/", "order/", "certificate/");
    const unsigned number = GENERATE(1U, 2U);
    order.run();
    order.resume();
    order.settings.resume_order.clear();
    order.ca.settings.polls = 2;
    order.ca.before = replace_calls(path, number, number, problem_reply(400, "accountDoesNotExist"));
    order.run();
    CHECK(order.done);
    CHECK(order.ca.orders() == 2);
    CHECK(order.driver.account_url == "https://ca.example.com/account/1");
}

TEST_CASE("an account that the CA forgets again and again", "[acme]") {
    OneOrder order;
    order.account.url = "https://ca.example.com/account/9";
    order.ca.after = [&](HttpReply&, std::string_view) { order.ca.forget_accounts(); };
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::account);
    CHECK(order.ca.new_accounts.size() == 1);
}

TEST_CASE("an external account", "[acme]") {
    OneOrder order;
    order.ca.settings.needs_external_account = true;
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::account);
    CHECK_THAT(order.failure.problem.text, Contains("EAB"));
    CHECK(order.ca.new_accounts.empty());

    order.settings.registration.external = {"kid-1", "not base64url!"};
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::account);

    order.settings.registration.external = {"kid-1", "AAECAwQFBgcICQoLDA0ODw"};
    order.run();
    CHECK(order.done);
    const nlohmann::json& binding = order.ca.new_accounts.at(0).at("externalAccountBinding");
    CHECK_THAT(base64url_text(binding.at("protected").get<std::string>()).value(), Contains("kid-1"));
}

TEST_CASE("an account that the CA rejects", "[acme]") {
    OneOrder order;
    order.ca.before = replace_calls("new-account", 1, 99, problem_reply(400, "malformed"));
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::account);
    CHECK_THAT(order.failure.problem.text, Contains("said by the test"));
}

// --- profiles and replaced certificates ---

TEST_CASE("profiles", "[acme]") {
    OneOrder order;
    order.ca.settings.profiles = {"default", "shortlived"};
    order.settings.profile = "shortlived";
    order.run();
    CHECK(order.done);
    CHECK(order.ca.new_orders.at(0).at("profile") == "shortlived");

    order.settings.profile = "longlived";
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::refused);
    CHECK_THAT(order.failure.problem.text, Contains("longlived") && Contains("default, shortlived"));
    CHECK(order.ca.orders() == 1);
}

TEST_CASE("addresses have a profile of their own where the CA has it", "[acme]") {
    OneOrder address(order_of({"192.0.2.1"}));
    address.ca.settings.profiles = {"default", "shortlived"};
    address.run();
    CHECK(address.done);
    CHECK(address.ca.new_orders.at(0).at("profile") == "shortlived");
    OneOrder host;
    host.ca.settings.profiles = {"default", "shortlived"};
    host.run();
    CHECK_FALSE(host.ca.new_orders.at(0).contains("profile"));
}

TEST_CASE("an order names what it replaces", "[acme]") {
    OneOrder order;
    order.settings.replaces = "aaa.bbb";
    order.run();
    CHECK(order.done);
    CHECK(order.replaced == "aaa.bbb");
    CHECK(order.ca.new_orders.at(0).at("replaces") == "aaa.bbb");

    OneOrder without;
    without.ca.settings.has_renewal_info = false;
    without.settings.replaces = "aaa.bbb";
    without.run();
    CHECK(without.done);
    CHECK(without.replaced.empty());
    CHECK_FALSE(without.ca.new_orders.at(0).contains("replaces"));
}

TEST_CASE("an order whose replacement is refused is placed without it", "[acme]") {
    OneOrder order;
    order.settings.replaces = "aaa.bbb";
    order.ca.settings.refuses_replaces = true;
    order.run();
    CHECK(order.done);
    CHECK(order.replaced.empty());
    CHECK(order.ca.new_orders.size() == 2);
    CHECK_FALSE(order.ca.new_orders.at(1).contains("replaces"));
}

TEST_CASE("a refusal for another reason is repeated once", "[acme]") {
    OneOrder order;
    order.settings.replaces = "aaa.bbb";
    order.ca.before = replace_calls("new-order", 1, 99, problem_reply(403, "rejectedIdentifier"));
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::refused);
    CHECK(order.failure.problem.type == "rejectedIdentifier");
    CHECK(order.ca.calls["new-order"] == 2);
}

TEST_CASE("a limit is not repeated", "[acme]") {
    OneOrder order;
    order.settings.replaces = "aaa.bbb";
    HttpReply reply = problem_reply(429, "rateLimited");
    reply.retry_after = std::chrono::hours(24 * 365 * 3);
    order.ca.before = replace_calls("new-order", 1, 99, reply);
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::limited);
    CHECK(order.failure.problem.retry_after == std::chrono::seconds(limits::retry_after_max));
    CHECK(order.ca.calls["new-order"] == 1);
}

// --- chains ---

TEST_CASE("chains that were not ordered", "[acme]") {
    const int which = GENERATE(0, 1, 2, 3);
    OneOrder order;
    order.ca.settings.has_wrong_name = which == 0;
    order.ca.settings.has_wrong_key = which == 1;
    order.ca.settings.has_no_issuer = which == 2;
    if (which == 3) {
        order.ca.after = [](HttpReply& reply, std::string_view path) {
            reply.body = path.starts_with("certificate/") ? "not a certificate" : reply.body;
        };
    }
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::wrong_chain);
    CHECK(order.failure.saved_order == Saved::forget);
}

}  // namespace
}  // namespace ferrotunnel::acme
