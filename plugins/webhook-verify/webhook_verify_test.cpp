// Tests the plugin `webhook-verify`: genuine signatures, and requests without one.
#include "webhook-verify/webhook_verify.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin_testing.hpp"
#include "webhook-verify/hmac.hpp"
#include "webhook-verify/signer_for_tests.hpp"

using namespace ferrotunnel::plugin;
using namespace ferrotunnel::plugins;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
    return text;
}

const std::string body = "{\"action\": \"opened\"}";
const std::string github_secret = "It's a Secret to Everybody";

/// The result of a request: "200", "401 webhook_refused", "413 body_too_large".
std::string send_request(TestChain& chain, const std::vector<Field>& fields, const std::string& bytes = body,
                         const std::string& method = "POST") {
    chain.advance(1h);  // the rate of log lines is limited
    const TestExchange exchange = chain.request({.method = method, .fields = fields, .body = bytes});
    if (exchange.passed()) {
        return "200";
    }
    const TestAnswer answer = exchange.answer();
    return std::to_string(answer.status) + " " + answer.code;
}

/// Whether the last line of the log has the reason.
bool is_logged(const TestChain& chain, std::string_view reason) {
    const std::vector<std::string> lines = chain.log();
    return !lines.empty() && lines.back().find(reason) != std::string::npos;
}

const std::string refused = "401 webhook_refused";

struct GitHub {
    TestChain chain = TestChain::of<WebhookVerify>("{style: github, secrets: \"It's a Secret to Everybody\"}");
    std::string sign(std::string_view bytes) const { return "sha256=" + hex(HashName::sha256, github_secret, {bytes}); }
    std::string come_with(const std::string& signature, const std::string& bytes = body) {
        return send_request(chain, {{"X-Hub-Signature-256", signature}}, bytes);
    }
};

}  // namespace

TEST_CASE("webhook-verify: GitHub's own example", "[webhook-verify]") {
    GitHub github;
    CHECK(github.come_with("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
                           "Hello, World!") == "200");
    TestExchange exchange =
        github.chain.request({.method = "POST", .fields = {{"X-Hub-Signature-256", github.sign(body)}}, .body = body});
    REQUIRE(exchange.passed());
    CHECK(exchange.sent().field("X-Hub-Signature-256") == github.sign(body));  // the backend may verify it as well
    CHECK(exchange.note("webhook.secret") == "1");
}

TEST_CASE("webhook-verify: what GitHub has not signed gets 401, and no reason", "[webhook-verify]") {
    GitHub github;
    const std::string good = github.sign(body);
    std::string altered = body;
    altered[3] ^= 1;
    CHECK(github.come_with(good, altered) == refused);
    CHECK(is_logged(github.chain, "does not match the secrets and the body"));
    CHECK(github.come_with(good, body + "\n") == refused);
    CHECK(github.come_with(good, body.substr(1)) == refused);
    CHECK(github.come_with(good, "") == refused);
    CHECK(github.come_with("sha256=" + hex(HashName::sha256, "another", {body})) == refused);
    CHECK(github.come_with("sha256=" + hex(HashName::sha256, "", {body})) == refused);

    for (const std::string& malformed :
         {good.substr(0, good.size() - 1), good.substr(0, good.size() - 2), good + "00", good + "0", "sha256="s,
          good.substr(7), "sha1=" + good.substr(7), "SHA256=" + good.substr(7), "sha256= " + good.substr(7),
          good.substr(0, 70) + "g", "sha256=" + std::string(64, 'z'), good + "," + good,
          "sha1=" + hex(HashName::sha1, github_secret, {body})}) {
        INFO(malformed);
        CHECK(github.come_with(malformed) == refused);
        CHECK(is_logged(github.chain, "malformed"));
    }

    CHECK(send_request(github.chain, {}) == refused);
    CHECK(is_logged(github.chain, "no signature"));
    CHECK(send_request(github.chain, {{"X-Hub-Signature", good}}) == refused);
    const std::string wrong = "sha256=" + std::string(64, '0');
    CHECK(send_request(github.chain, {{"X-Hub-Signature-256", good}, {"X-Hub-Signature-256", wrong}}) == refused);
    CHECK(send_request(github.chain, {{"X-Hub-Signature-256", wrong}, {"x-hub-signature-256", good}}) == refused);
    CHECK(send_request(github.chain, {{"X-Hub-Signature-256", good}, {"X-Hub-Signature-256", good}}) == refused);
    CHECK(is_logged(github.chain, "several"));
    for (const std::string& line : github.chain.log()) {
        CHECK(line.find("Everybody") == std::string::npos);
        CHECK(line.find(good.substr(7, 20)) == std::string::npos);
    }

    const TestAnswer answer = github.chain.request({.method = "POST", .body = body}).answer();
    CHECK(answer.field("WWW-Authenticate") == "Webhook");
    CHECK(github.come_with("sha256=" + upper(good.substr(7))) == "200");  // the same number
}

TEST_CASE("webhook-verify: requests without a body, and bodies of any bytes", "[webhook-verify]") {
    GitHub github;
    CHECK(github.come_with(github.sign(""), "") == "200");
    CHECK(send_request(github.chain, {{"X-Hub-Signature-256", github.sign("")}}, "", "GET") == "200");
    CHECK(send_request(github.chain, {}, "", "GET") == refused);
    CHECK(send_request(github.chain, {}, "", "OPTIONS") == refused);
    std::string bytes;
    for (int i = 0; i < 70'000; ++i) {
        bytes += static_cast<char>(i % 256);
    }
    CHECK(github.come_with(github.sign(bytes), bytes) == "200");
}

TEST_CASE("webhook-verify: a body of the bound, and one above it", "[webhook-verify]") {
    TestChain chain = TestChain::of<WebhookVerify>("{style: github, secrets: secret, max_body: 1000}");
    const auto come_of_size = [&](std::size_t size) {
        const std::string bytes(size, 'a');
        return send_request(chain, {{"X-Hub-Signature-256", "sha256=" + hex(HashName::sha256, "secret", {bytes})}},
                            bytes);
    };
    CHECK(come_of_size(1'000) == "200");
    CHECK(come_of_size(1'001) == "413 body_too_large");
    TestChain usual = TestChain::of<WebhookVerify>("{style: github, secrets: secret}");
    for (const std::size_t size : {std::size_t{256 * 1024}, std::size_t{256 * 1024 + 1}}) {
        const std::string bytes(size, 'a');
        CHECK(send_request(usual, {{"X-Hub-Signature-256", "sha256=" + hex(HashName::sha256, "secret", {bytes})}},
                           bytes) == (size == 256 * 1024 ? "200" : "413 body_too_large"));
    }
}

TEST_CASE("webhook-verify: any of several secrets", "[webhook-verify]") {
    TestChain chain = TestChain::of<WebhookVerify>("{style: github, secrets: [one, two, three]}");
    int number = 0;
    for (const char* const secret : {"one", "two", "three"}) {
        TestExchange exchange =
            chain.request({.method = "POST",
                           .fields = {{"X-Hub-Signature-256", "sha256=" + hex(HashName::sha256, secret, {body})}},
                           .body = body});
        REQUIRE(exchange.passed());
        CHECK(exchange.note("webhook.secret") == std::to_string(++number));
    }
    CHECK(send_request(chain, {{"X-Hub-Signature-256", "sha256=" + hex(HashName::sha256, "onetwo", {body})}}) ==
          refused);
}

TEST_CASE("webhook-verify: Stripe's signatures", "[webhook-verify]") {
    TestChain chain = TestChain::of<WebhookVerify>("{style: stripe, secrets: whsec_1}");
    const auto v1 = [](const std::string& time, const char* secret = "whsec_1", const std::string& bytes = body) {
        return "v1=" + hex(HashName::sha256, secret, {time, ".", bytes});
    };
    const auto come_with = [&](const std::string& signature) {
        return send_request(chain, {{"Stripe-Signature", signature}});
    };
    const std::string now = unix_time(0s);
    CHECK(come_with("t=" + now + "," + v1(now)) == "200");
    CHECK(come_with(v1(now) + ",t=" + now) == "200");
    CHECK(come_with("t=" + now + "," + v1(now, "old") + "," + v1(now) + ",v0=abc") == "200");
    std::string many = "t=" + now;
    for (int i = 0; i < 7; ++i) {
        many += "," + v1(now, "old");
    }
    CHECK(come_with(many + "," + v1(now)) == "200");
    CHECK(come_with(many + "," + v1(now) + "," + v1(now)) == refused);
    CHECK(is_logged(chain, "too many"));

    for (const std::string& bad : {"t=" + now,
                                   v1(now),
                                   "t=" + now + ",v0" + v1(now).substr(2),
                                   "t=" + now + "," + v1(now, "old"),
                                   "t=" + now + ",t=" + now + "," + v1(now),
                                   "t=" + unix_time(1s) + "," + v1(now),
                                   "t=," + v1(""),
                                   "t=-1," + v1("-1"),
                                   "t=1e9," + v1("1e9"),
                                   "t= " + now + "," + v1(now),
                                   "t=1234567890123," + v1("1234567890123"),
                                   "t=+" + now + "," + v1("+" + now),
                                   "t=" + now + ";" + v1(now),
                                   "t=" + now + "," + v1(now).substr(0, 66),
                                   "t=" + now + "," + v1(now) + ",v1=",
                                   "t=" + now + ",v1=" + hex(HashName::sha256, "whsec_1", {body}),
                                   "," + v1(now),
                                   ",,,"s,
                                   "="s,
                                   "sha256=" + v1(now).substr(3)}) {
        INFO(bad);
        CHECK(come_with(bad) == refused);
    }
    for (const std::chrono::seconds from_now : {-600s, 600s, -86'400s, 86'400s}) {
        const std::string then = unix_time(from_now);
        CHECK(come_with("t=" + then + "," + v1(then)) == refused);
        CHECK(is_logged(chain, from_now < 0s ? "too far in the past" : "too far in the future"));
    }
}

TEST_CASE("webhook-verify: a tolerance of one's own", "[webhook-verify]") {
    TestChain chain = TestChain::of<WebhookVerify>("{style: stripe, secrets: a, tolerance: 24h}");
    const std::string hour = unix_time(-3'600s);
    CHECK(send_request(chain, {{"Stripe-Signature",
                                "t=" + hour + ",v1=" + hex(HashName::sha256, "a", {hour, ".", body})}}) == "200");
}

TEST_CASE("webhook-verify: Slack's signatures", "[webhook-verify]") {
    TestChain chain = TestChain::of<WebhookVerify>("{style: slack, secrets: [a]}");
    const auto sign = [](const std::string& time) {
        return Field{"X-Slack-Signature", "v0=" + hex(HashName::sha256, "a", {"v0:", time, ":", body})};
    };
    const auto stamp = [](const std::string& time) { return Field{"X-Slack-Request-Timestamp", time}; };
    const std::string now = unix_time(0s);
    CHECK(send_request(chain, {sign(now), stamp(now)}) == "200");
    CHECK(send_request(chain, {sign(now)}) == refused);
    CHECK(send_request(chain, {stamp(now)}) == refused);
    CHECK(send_request(chain, {sign(now), stamp(now), stamp(now)}) == refused);
    CHECK(send_request(chain, {sign(now), stamp(unix_time(1s))}) == refused);
    CHECK(send_request(chain, {sign(unix_time(-600s)), stamp(unix_time(-600s))}) == refused);
    CHECK(send_request(chain, {sign(unix_time(600s)), stamp(unix_time(600s))}) == refused);
}

TEST_CASE("webhook-verify: a style of one's own", "[webhook-verify]") {
    TestChain base64 = TestChain::of<WebhookVerify>(
        "{style: generic, secrets: Jefe, header: X-Sign, encoding: base64, algorithm: sha1, status: 403}");
    const std::string text = "what do ya want for nothing?";
    CHECK(send_request(base64, {{"X-Sign", "7/zfauXrL6LSdBbV8YTfnCWafHk="}}, text) == "200");
    for (const char* const bad :
         {"7/zfauXrL6LSdBbV8YTfnCWafHk", "7_zfauXrL6LSdBbV8YTfnCWafHk=", "7/zfauXrL6LSdBbV8YTfnCWafHl=",
          "7/zfauXrL6LSdBbV8YTfnCWafA==", "=", "====", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"}) {
        INFO(bad);
        CHECK(send_request(base64, {{"X-Sign", bad}}, text) == "403 webhook_refused");
    }
    CHECK_FALSE(base64.request({.method = "POST"}).answer().field("WWW-Authenticate"));
    TestChain sha512_chain = TestChain::of<WebhookVerify>(
        "{style: generic, secrets: a, header: Authorization, prefix: 'HMAC ', algorithm: sha512}");
    CHECK(send_request(sha512_chain, {{"Authorization", "HMAC " + hex(HashName::sha512, "a", {body})}}) == "200");
    CHECK(send_request(sha512_chain, {{"Authorization", hex(HashName::sha512, "a", {body})}}) == refused);
    CHECK(send_request(sha512_chain, {{"Authorization", "HMAC " + hex(HashName::sha256, "a", {body})}}) == refused);
}

TEST_CASE("webhook-verify: settings that cannot be used", "[webhook-verify]") {
    const auto wrong = [](const std::string& settings) { return TestChain::problems<WebhookVerify>(settings); };
    CHECK(wrong("{style: github, secrets: [a, b, c, d], max_body: 1MiB, status: 404}").empty());
    CHECK(wrong("{style: slack, secrets: a, tolerance: 1m}").empty());
    CHECK(wrong("{style: generic, secrets: a, header: X-A, prefix: '', encoding: hex}").empty());
    for (const char* const settings : {"{style: github}",
                                       "{secrets: a}",
                                       "{style: other, secrets: a}",
                                       "{style: github, secrets: []}",
                                       "{style: github, secrets: ''}",
                                       "{style: github, secrets: [a, '']}",
                                       "{style: generic, secrets: a}",
                                       "{style: github, secrets: [a, b, c, d, e]}",
                                       "{style: github, secrets: a, max_body: 0}",
                                       "{style: github, secrets: a, max_body: 2MiB}",
                                       "{style: github, secrets: a, status: 402}",
                                       "{style: github, secrets: a, status: 500}",
                                       "{style: github, secrets: a, tolerance: 1m}",
                                       "{style: slack, secrets: a, tolerance: 0}",
                                       "{style: slack, secrets: a, prefix: a}",
                                       "{style: stripe, secrets: a, header: X-A}",
                                       "{style: generic, secrets: a, header: Content-Length}",
                                       "{style: generic, secrets: a, header: 'no name'}",
                                       "{style: generic, secrets: a, header: X-A, encoding: b}",
                                       "{style: generic, secrets: a, header: X-A, algorithm: md5}"}) {
        INFO(settings);
        CHECK_FALSE(wrong(settings).empty());
    }
    const std::string told = wrong("{style: github, secrets: [\"Sesame\", {a: Sesame}], prefix: Sesame2}");
    CHECK(told.find("Sesame\"") == std::string::npos);
}
