// Orders that are continued, and calls that are lost.
#include <catch2/catch.hpp>
#include <string>

#include "acme/limits.hpp"
#include "acme/order_task.hpp"
#include "order_driver.hpp"

namespace ferrotunnel::acme {
namespace {

using Catch::Contains;
using Kind = Problem::Kind;
using Saved = FailedStep::SavedOrder;

// Runs a task until this call would be made, as if the process ended then.
void run_until(OneOrder& order, const std::string& path) {
    OrderTask task(order.settings, order.account, order.key, order.driver.now());
    for (unsigned steps = 0; steps < 200; ++steps) {
        const auto* const call = std::get_if<CallStep>(&task.step());
        if (call != nullptr && call->call.url.find(path) != std::string::npos &&
            call->call.method != HttpCall::Method::head) {
            order.ca.published.clear();
            return order.resume();
        }
        REQUIRE_FALSE(OrderDriver::is_over(task));
        order.driver.carry_out(task);
    }
    FAIL("no such call");
}

TEST_CASE("an order is continued in each of its states", "[acme]") {
    const std::string before = GENERATE(as<std::string>{}, "authorization/", "challenge/", "finalize/", "certificate/");
    OneOrder order;
    run_until(order, before);
    order.run();
    CHECK(order.done);
    CHECK(order.ca.orders() == 1);
    CHECK(order.ca.new_accounts.size() == 1);
}

TEST_CASE("a validation that runs is awaited", "[acme]") {
    OneOrder order(order_of({"a.example.com"}, {Way::tls_alpn_01, Way::http_01}));
    order.ca.settings.polls = 5;
    OrderTask task(order.settings, order.account, order.key, order.driver.now());
    while (order.ca.calls["challenge/"] == 0) {
        order.driver.carry_out(task);
    }
    order.resume();
    order.settings.ways = {Way::http_01, Way::tls_alpn_01};  // the one that runs comes first nevertheless
    order.ca.published.clear();
    order.run();
    CHECK(order.done);
    CHECK(order.ca.calls["challenge/"] == 1);
    CHECK(order.driver.published.at(1).way == Way::tls_alpn_01);
}

TEST_CASE("an order that is processed is awaited", "[acme]") {
    OneOrder order;
    order.ca.settings.polls = 3;
    OrderTask task(order.settings, order.account, order.key, order.driver.now());
    while (order.ca.calls["finalize/"] == 0) {
        order.driver.carry_out(task);
    }
    order.resume();
    order.run();
    CHECK(order.done);
    CHECK(order.ca.calls["finalize/"] == 1);
}

TEST_CASE("a saved order that has ended before is stale", "[acme]") {
    const int which = GENERATE(0, 1, 2);
    OneOrder order;
    run_until(order, "finalize/");
    if (which == 0) {
        order.ca.forget_orders();
    } else if (which == 1) {
        order.ca.invalidate_orders();
    } else {
        order.account = unregistered();  // the account is another one
    }
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::refused);
    CHECK(order.failure.saved_order == Saved::stale);
    order.settings.resume_order.clear();
    order.run();
    CHECK(order.done);
}

TEST_CASE("a saved order at a CA that has lost everything", "[acme]") {
    OneOrder order;
    run_until(order, "finalize/");
    order.ca.forget_orders();
    order.ca.forget_accounts();
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.saved_order == Saved::stale);
    CHECK(order.ca.new_accounts.size() == 2);
}

TEST_CASE("an order that becomes invalid is forgotten", "[acme]") {
    OneOrder order;
    order.ca.after = [&](HttpReply&, std::string_view path) {
        if (path.starts_with("finalize/")) {
            order.ca.invalidate_orders();
        }
    };
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::refused);
    CHECK(order.failure.saved_order == Saved::forget);
}

TEST_CASE("a CA that is away for a moment", "[acme]") {
    const std::string path =
        GENERATE(as<std::string>{}, "new-nonce", "order/", "authorization/", "certificate/", "challenge/", "finalize/");
    HttpReply reply;
    reply.error = "connection refused";
    if (GENERATE(false, true)) {
        reply = HttpReply{.status = 503};
        reply.body = "<html>";
    }
    OneOrder order;
    unsigned lost = 0;
    order.ca.before = [&](const HttpCall&, std::string_view called) -> std::optional<HttpReply> {
        return called.starts_with(path) && ++lost <= limits::losses_max ? std::optional(reply) : std::nullopt;
    };
    order.run();
    if (path == "challenge/") {
        REQUIRE(order.failed);
        CHECK(order.failure.problem.kind == Kind::unreachable);
        CHECK(order.failure.saved_order == Saved::keep);
        order.resume();
        lost = limits::losses_max;
        order.run();
    }
    CHECK(order.done);
    CHECK(order.ca.orders() == 1);
}

TEST_CASE("a CA that stays away", "[acme]") {
    const std::string path = GENERATE(as<std::string>{}, "directory", "new-nonce", "new-account", "new-order", "order/",
                                      "authorization/", "finalize/", "certificate/");
    OneOrder order;
    order.ca.before = [&](const HttpCall&, std::string_view called) -> std::optional<HttpReply> {
        HttpReply reply;
        reply.error = "connection refused";
        return called.starts_with(path) ? std::optional(reply) : std::nullopt;
    };
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::unreachable);
    CHECK_THAT(order.failure.problem.text, Contains("connection refused"));
    const bool has_order = order.ca.orders() == 1;
    CHECK(order.failure.saved_order == (has_order ? Saved::keep : Saved::forget));
    if (has_order) {
        order.resume();
        order.ca.before = nullptr;
        order.run();
        CHECK(order.done);
        CHECK(order.ca.orders() == 1);
    }
}

TEST_CASE("an order whose response is lost is not repeated", "[acme]") {
    OneOrder order;
    order.ca.after = [](HttpReply& reply, std::string_view path) {
        if (path == "new-order") {
            reply = HttpReply{};
            reply.error = "timeout";
        }
    };
    order.run();
    CHECK(order.failed);
    CHECK(order.ca.orders() == 1);
}

TEST_CASE("the start of a validation whose response is lost", "[acme]") {
    OneOrder order;
    order.ca.settings.polls = 4;
    order.ca.after = [](HttpReply& reply, std::string_view path) {
        if (path.starts_with("challenge/")) {
            reply = HttpReply{};
            reply.error = "timeout";
        }
    };
    order.run();
    CHECK(order.done);
    CHECK(order.ca.calls["challenge/"] == 1);
}

TEST_CASE("unusable responses", "[acme]") {
    const std::string path = GENERATE(as<std::string>{}, "directory", "new-account", "order/", "authorization/",
                                      "finalize/", "certificate/");
    const std::string body = GENERATE(as<std::string>{}, "", "null", "[]", "{}", "\xff", R"({"status":7})",
                                      R"({"status":"unheard of"})", R"({"status":"valid"})", R"({"status":"ready"})");
    OneOrder order;
    order.ca.after = [&](HttpReply& reply, std::string_view called) {
        if (called.starts_with(path)) {
            reply.body = body;
            reply.location.clear();
        }
    };
    order.run();
    CHECK(order.failed);
    CHECK(order.failure.saved_order == Saved::forget);
    CHECK_FALSE(order.failure.problem.text.empty());
}

TEST_CASE("a body that was too long", "[acme]") {
    OneOrder order;
    order.ca.after = [](HttpReply& reply, std::string_view path) {
        if (path.starts_with("certificate/")) {
            reply.error = "the response is longer than 256 KiB";
        }
    };
    order.run();
    REQUIRE(order.failed);
    CHECK(order.failure.problem.kind == Kind::unreachable);
    CHECK(order.failure.saved_order == Saved::forget);
    CHECK_THAT(order.failure.problem.text, Contains("256 KiB"));
}

TEST_CASE("URLs that lead elsewhere are not requested", "[acme]") {
    const std::string url =
        GENERATE(as<std::string>{}, "http://169.254.169.254/", "http://127.0.0.1:7000/", "file:///etc/passwd",
                 "https://user@a.example.com/", "https://a.example.com/\r\nx");
    const std::string path =
        GENERATE(as<std::string>{}, "directory", "new-account", "new-order", "order/", "authorization/");
    OneOrder order;
    order.ca.after = [&](HttpReply& reply, std::string_view called) {
        if (called.starts_with(path)) {
            reply.location = reply.location.empty() ? "" : url;
            std::string escaped = nlohmann::json(url).dump();
            escaped = escaped.substr(1, escaped.size() - 2);
            for (std::size_t at = 0; (at = reply.body.find("https://ca.example.com/", at)) != std::string::npos;) {
                reply.body.replace(at, 23, escaped);
            }
        }
    };
    order.ca.before = [&](const HttpCall& call, std::string_view) -> std::optional<HttpReply> {
        CHECK(call.url.starts_with("https://ca.example.com/"));
        return {};
    };
    order.run();
    CHECK(order.failed);
}

}  // namespace
}  // namespace ferrotunnel::acme
