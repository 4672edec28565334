// Exits as an application adds them.
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "exits/limits.hpp"
#include "settings/backend.hpp"
#include "settings/exits.hpp"
#include "settings/service.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::detail;

namespace {

ExitUser user(std::string name, std::string password = "secret") {
    return {std::move(name), Secret::from_string(std::move(password))};
}

std::string exit_problem(Tcp tcp) {
    std::vector<Problem> problems;
    check_service(tcp, false, problems);
    return problems.empty() ? "" : problems.front().text;
}

}  // namespace

TEST_CASE("an exit with destinations and users is made as it was said") {
    Tcp tcp = Tcp::exit(1080, {"*.example.com:443"}, {user("ann")});
    CHECK(exit_problem(tcp).empty());
    std::vector<Problem> problems;
    const backend::Backend made = make_backend(backend_spec(tcp), problems);
    REQUIRE(made.exit);
    CHECK(made.exit->destinations().may_allow("a.example.com", 443));
    CHECK_FALSE(made.exit->destinations().may_allow("a.example.com", 80));
    CHECK(exits::is_login(made.exit->users(), "ann", "secret"));
}

TEST_CASE("what is wrong with an exit is told") {
    CHECK(exit_problem(Tcp::exit(0, {})).find("needs `allow`") != std::string::npos);
    CHECK(exit_problem(Tcp::exit(0, {"a..b"})).find("\"a..b\" is not a destination") != std::string::npos);
    CHECK(exit_problem(Tcp::exit(0, {"a.test"}, {user("a:b")})).find("has a colon") != std::string::npos);
    CHECK(exit_problem(Tcp::exit(0, {"a.test"}, {user("a"), user("a")})).find("appears twice") != std::string::npos);
    CHECK(exit_problem(Tcp::exit(0, {"a.test"}, {user("")})).find("is not a valid name") != std::string::npos);
    Tcp other(0, "127.0.0.1:22");
    other.allow = {"a.test"};
    CHECK(exit_problem(other).find("have no meaning") != std::string::npos);
    Tcp with_proxy = Tcp::exit(0, {"a.test"});
    with_proxy.proxy_protocol = ProxyProtocol::v1;
    CHECK(exit_problem(with_proxy).find("`proxy_protocol` has no meaning") != std::string::npos);
}

TEST_CASE("limit: users of an exit, their names and passwords") {
    std::vector<ExitUser> users;
    for (std::size_t i = 0; i < limits::exit_users_max; ++i) {
        users.push_back(user("user" + std::to_string(i)));
    }
    CHECK(exit_problem(Tcp::exit(0, {"a.test"}, users)).empty());
    users.push_back(user("one-more"));
    CHECK(exit_problem(Tcp::exit(0, {"a.test"}, users)) == "has 65 users; at most 64 are possible");
    const std::string longest(limits::exit_login_max, 'x');
    CHECK(exit_problem(Tcp::exit(0, {"a.test"}, {user(longest, longest)})).empty());
    CHECK_FALSE(exit_problem(Tcp::exit(0, {"a.test"}, {user(longest + 'x')})).empty());
    CHECK(exit_problem(Tcp::exit(0, {"a.test"}, {user("a", longest + 'x')})).find("must have 1 to 255 bytes") !=
          std::string::npos);
}

TEST_CASE("exits that say the same are the same, with the same password") {
    CHECK(Tcp::exit(0, {"a.test"}, {user("ann")}) == Tcp::exit(0, {"a.test"}, {user("ann")}));
    CHECK_FALSE(Tcp::exit(0, {"a.test"}, {user("ann")}) == Tcp::exit(0, {"a.test"}, {user("ann", "other")}));
    CHECK_FALSE(Tcp::exit(0, {"a.test"}) == Tcp::exit(0, {"b.test"}));
}
