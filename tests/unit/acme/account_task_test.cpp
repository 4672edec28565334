#include "acme/account_task.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "order_driver.hpp"

namespace ferrotunnel::acme {
namespace {

using Catch::Contains;

struct OneAccount {
    Step run(const Key* new_key = nullptr) {
        AccountTask task(account, {account.contact, {}}, new_key, driver.now());
        driver.run(task);
        account.url = driver.account_url;
        CHECK(ca.faults == std::vector<std::string>{});
        return task.step();
    }

    FakeCa ca{test_start};
    OrderDriver driver{ca};
    Account account = unregistered();
};

bool is_done(const Step& step) {
    return std::holds_alternative<DoneStep>(step);
}

Problem problem_of(const Step& step) {
    const auto* const failed = std::get_if<FailedStep>(&step);
    return failed == nullptr ? Problem{} : failed->problem;
}

TEST_CASE("an account is registered", "[acme]") {
    OneAccount one;
    CHECK(is_done(one.run()));
    CHECK(one.account.url == "https://ca.example.com/account/1");
    CHECK(one.ca.calls["key-change"] == 0);
    // And not again.
    CHECK(is_done(one.run()));
    CHECK(one.ca.calls["directory"] == 1);
    CHECK(one.ca.new_accounts.size() == 1);
}

TEST_CASE("the key of an account is replaced", "[acme]") {
    const bool is_registered = GENERATE(true, false);
    OneAccount one;
    if (is_registered) {
        one.run();
    }
    const Key key = Key::make();
    CHECK(is_done(one.run(&key)));
    CHECK(one.ca.new_accounts.size() == 1);
    // The CA knows the new key.
    const Account renewed{one.account.url, fake_directory, {}, Key::from_pem(key.to_pem())};
    OrderTask task(order_of({"a.example.com"}), renewed, key, one.driver.now());
    one.driver.run(task);
    CHECK(is_done(task.step()));
    CHECK(one.ca.new_accounts.size() == 1);
}

TEST_CASE("a replacement whose response was lost", "[acme]") {
    OneAccount one;
    one.run();
    const Key key = Key::make();
    one.ca.after = [](HttpReply& reply, std::string_view path) {
        if (path == "key-change") {
            reply = HttpReply{};
            reply.error = "timeout";
        }
    };
    CHECK(is_done(one.run(&key)));
    // Also if the whole task was lost.
    CHECK(is_done(one.run(&key)));
}

TEST_CASE("a replacement that the CA rejects", "[acme]") {
    OneAccount one;
    one.run();
    one.ca.before = [](const HttpCall&, std::string_view path) -> std::optional<HttpReply> {
        HttpReply reply;
        reply.status = 409;
        reply.body = R"({"type":"urn:ietf:params:acme:error:malformed","detail":"key in use"})";
        return path == "key-change" ? std::optional(reply) : std::nullopt;
    };
    const Key key = Key::make();
    const Problem problem = problem_of(one.run(&key));
    CHECK(problem.kind == Problem::Kind::account);
    CHECK_THAT(problem.text, Contains("key in use"));
}

TEST_CASE("a replacement whose end is not known is not a rejected one", "[acme]") {
    OneAccount one;
    one.run();
    one.ca.before = [](const HttpCall&, std::string_view path) -> std::optional<HttpReply> {
        HttpReply reply;
        if (path == "key-change") {
            reply.status = 400;
            reply.body = R"({"type":"urn:ietf:params:acme:error:malformed","detail":"no such key"})";
        } else if (path.starts_with("account/")) {
            reply.error = "timeout";
        } else {
            return std::nullopt;
        }
        return reply;
    };
    const Key key = Key::make();
    CHECK(problem_of(one.run(&key)).kind == Problem::Kind::unreachable);
}

TEST_CASE("a CA that does not replace keys", "[acme]") {
    OneAccount one;
    one.run();
    one.ca.after = [](HttpReply& reply, std::string_view path) {
        const std::size_t at = path == "directory" ? reply.body.find("keyChange") : std::string::npos;
        if (at != std::string::npos) {
            reply.body[at] = 'x';
        }
    };
    const Key key = Key::make();
    const Problem problem = problem_of(one.run(&key));
    CHECK(problem.kind == Problem::Kind::refused);
    CHECK_THAT(problem.text, Contains("keyChange"));
}

TEST_CASE("an account that has been deactivated", "[acme]") {
    OneAccount one;
    one.ca.after = [](HttpReply& reply, std::string_view path) {
        reply.body = path == "new-account" ? R"({"status":"deactivated"})" : reply.body;
    };
    const Problem problem = problem_of(one.run());
    CHECK(problem.kind == Problem::Kind::account);
    CHECK_THAT(problem.text, Contains("deactivated"));
}

}  // namespace
}  // namespace ferrotunnel::acme
