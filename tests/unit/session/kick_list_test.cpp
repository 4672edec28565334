// Clients that are kept out for a time: who that is, for how long, and how many.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "session/kick_list.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace std::chrono_literals;

namespace {

directory::ClientId client_of(std::uint8_t token, std::uint8_t instance) {
    directory::ClientId client;
    client.first.fill(token);
    client.second.fill(instance);
    return client;
}

std::optional<Duration> left(const KickList& book, const directory::ClientId& client, const std::string& name,
                             TimePoint now) {
    const auto row = book.find(client, name, now);
    return row ? std::optional(row->left) : std::nullopt;
}

constexpr TimePoint kick_start = TimePoint(1h);

}  // namespace

TEST_CASE("a client that is kept out is known by token and name, or else by its instance", "[kick]") {
    KickList book;
    REQUIRE(book.keep_out({{client_of(1, 1), "alice", "t", 7}, {client_of(1, 2), "", "t", 8}}, kick_start + 10min,
                          kick_start));
    CHECK(left(book, client_of(1, 1), "alice", kick_start) == Duration(10min));
    CHECK(left(book, client_of(1, 9), "alice", kick_start + 2s) == Duration(9min + 58s));  // another process of its
    CHECK(left(book, client_of(1, 2), "", kick_start).has_value());
    CHECK_FALSE(left(book, client_of(1, 9), "", kick_start));       // an instance of no name that was not meant
    CHECK_FALSE(left(book, client_of(2, 1), "alice", kick_start));  // another token's
    CHECK_FALSE(left(book, client_of(1, 1), "bob", kick_start));
    CHECK_FALSE(left(book, client_of(1, 1), "alice", kick_start + 10min));

    CHECK(book.rows(kick_start).size() == 2);
    CHECK(book.change({"alice"}, kick_start + 1s, kick_start).size() == 1);
    CHECK(book.change({"8"}, kick_start + 1s, kick_start).size() == 1);
    CHECK(book.change({"nobody"}, kick_start + 1s, kick_start).size() == 0);
    CHECK(book.change({"alice", ClientNaming::id}, kick_start + 1s, kick_start).size() == 0);
    CHECK(book.change({"alice", ClientNaming::name}, kick_start + 1s, kick_start).size() == 1);
    CHECK(book.change({"8", ClientNaming::name}, kick_start + 1s, kick_start).size() == 0);
    CHECK(book.change({"8", ClientNaming::id}, kick_start + 1s, kick_start).size() == 1);
    CHECK(book.rows(kick_start + 1s).empty());
    CHECK(book.change({"alice"}, kick_start + 5s, kick_start + 1s).size() == 0);
}

TEST_CASE("clients that another member of the cluster keeps out", "[kick]") {
    KickList book(3);
    const auto hear = [&](directory::ClientId client, const char* name, const char* member, Duration time) {
        return book.hear({client, name, "t", 0, member}, kick_start + time, kick_start);
    };
    REQUIRE(hear(client_of(1, 0), "alice", "b", 10min));
    CHECK(left(book, client_of(1, 5), "alice", kick_start) == Duration(10min));
    CHECK(book.find(client_of(1, 5), "alice", kick_start)->who.member == "b");
    // A change here, by its name: it has no id at this server.
    CHECK(book.change({"0"}, kick_start + 1min, kick_start).empty());
    const auto changed = book.change({"alice"}, kick_start + 1min, kick_start);
    REQUIRE(changed.size() == 1);
    CHECK(changed.front().client.first == client_of(1, 0).first);
    CHECK(book.find(client_of(1, 5), "alice", kick_start)->who.member.empty());
    // What this server knows of its own stays when it is changed elsewhere.
    REQUIRE(book.keep_out({{client_of(1, 2), "", "t", 8}}, kick_start + 10min, kick_start));
    REQUIRE(hear(client_of(1, 2), "", "c", 2min));
    const auto row = book.find(client_of(1, 2), "", kick_start);
    REQUIRE(row);
    CHECK(row->who.id == 8);
    CHECK(row->who.member == "c");
    CHECK(row->left == Duration(2min));
    // As many as may be.
    CHECK(hear(client_of(2, 0), "bob", "b", 1min));
    CHECK_FALSE(hear(client_of(2, 0), "carol", "b", 1min));
    CHECK(hear(client_of(2, 0), "bob", "b", 2min));
    book.forget(client_of(2, 7), "bob");
    CHECK_FALSE(book.find(client_of(2, 0), "bob", kick_start));
    CHECK(hear(client_of(2, 0), "carol", "b", 1min));
}

TEST_CASE("as many clients are kept out as may be, and one more is not", "[kick]") {
    KickList book(2);
    CHECK_FALSE(
        book.keep_out({{client_of(1, 1), "a", "t", 1}, {client_of(1, 2), "b", "t", 2}, {client_of(1, 3), "c", "t", 3}},
                      kick_start + 1min, kick_start));
    CHECK(book.rows(kick_start).empty());
    CHECK(
        book.keep_out({{client_of(1, 1), "a", "t", 1}, {client_of(1, 2), "b", "t", 2}}, kick_start + 1min, kick_start));
    CHECK_FALSE(book.keep_out({{client_of(1, 3), "c", "t", 3}}, kick_start + 1min, kick_start));
    CHECK(book.keep_out({{client_of(1, 2), "b", "t", 2}}, kick_start + 2min, kick_start));  // has its place already
    CHECK(book.keep_out({{client_of(1, 3), "c", "t", 3}}, kick_start + 2min, kick_start + 1min));
    CHECK(book.rows(kick_start + 1min).size() == 2);

    KickList whole;
    std::vector<KickList::Client> crowd(limits::kicked_max);
    for (std::size_t i = 0; i < crowd.size(); ++i) {
        crowd[i] = {client_of(1, 1), "c" + std::to_string(i), "t", i};
    }
    CHECK(whole.keep_out(crowd, kick_start + 1min, kick_start));
    CHECK_FALSE(whole.keep_out({{client_of(1, 1), "one more", "t", 1}}, kick_start + 1min, kick_start));
}

TEST_CASE("a wait is told in two units", "[kick]") {
    CHECK(format_wait(10min - 2s) == "9m58s");
    CHECK(format_wait(10min) == "10m");
    CHECK(format_wait(1h + 5min + 3s) == "1h5m");
    CHECK(format_wait(50h) == "2d2h");
    CHECK(format_wait(1ms) == "1s");
    CHECK(format_wait(1h + 3s) == "1h");
}
