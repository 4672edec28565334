// Against a real etcd, which real_etcd.sh starts: ETCD_TEST_URL, and with TLS the files of ETCD_TEST_FOLDER.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>

#include "client_fixture.hpp"
#include "etcd_client/gateway.hpp"

namespace ferrotunnel::etcd {
namespace {

constexpr LeaseId test_lease = 4'242'424'242'424'242;

class RealEtcd : public test::ClientFixture {
public:
    static std::string from_environment(const char* name) {
        const char* const text = std::getenv(name);
        REQUIRE(text != nullptr);
        return text;
    }
    static Settings usual() {
        Settings settings;
        // Nobody listens at the first one.
        settings.endpoints = {"http://127.0.0.1:1", from_environment("ETCD_TEST_URL")};
        settings.call_time = std::chrono::seconds(60);  // this machine may be slow
        return settings;
    }
    void begin_with(const Settings& settings) {
        auto to = destinations_of(settings);
        if (!to) {
            FAIL(to.error());
        }
        begin(settings, std::move(*to));
    }

    Result<TransactionAnswer, Fault> put(const std::string& key, const std::string& value, LeaseId lease = 0) {
        Transaction transaction;
        transaction.then = {Put{key, value, lease}};
        return transact(transaction);
    }
    Revision put_well(const std::string& key, const std::string& value) {
        const auto answer = put(key, value);
        REQUIRE(answer);
        REQUIRE(answer->succeeded);
        return answer->header.revision;
    }
    void compact(Revision revision) {
        std::optional<unsigned> status;
        fetch::Fetch post(
            loop.worker, nullptr,
            gateway_request((*destinations_of(usual()))[1],
                            {"/v3/kv/compaction", R"({"revision":")" + std::to_string(revision) + "\"}"}, {}),
            {}, [&](fetch::Response& response) { status = response.status; });
        REQUIRE(loop.run_until([&] { return status.has_value(); }));
        REQUIRE(*status == 200);
    }
    template <typename Condition>
    void wait_until(Condition condition) {
        REQUIRE(loop.run_until(condition));
    }
};

TEST_CASE_METHOD(RealEtcd, "keys are put, read in pages and deleted", "[.plain]") {
    begin_with(usual());
    for (int i = 0; i < 5; ++i) {
        put_well("keys/" + std::to_string(i), std::string(1, static_cast<char>(250 + i)));
    }
    Read page{range_of_prefix("keys/")};
    page.limit = 3;
    const auto first = read(page);
    REQUIRE(first);
    REQUIRE(first->pairs.size() == 3);
    CHECK(first->has_more);
    CHECK(first->pairs[2].value == "\xfc");
    page.keys.key = first->pairs.back().key + '\0';
    page.revision = first->header.revision;
    const auto rest = read(page);
    REQUIRE(rest);
    CHECK(rest->pairs.size() == 2);
    CHECK_FALSE(rest->has_more);
    Transaction deletion;
    deletion.then = {Delete{range_of_prefix("keys/")}};
    const auto deleted = transact(deletion);
    REQUIRE(deleted);
    CHECK(std::get<DeleteAnswer>(deleted->answers.at(0)).deleted == 5);
    CHECK(read(Read{{"keys/1"}})->pairs.empty());
    page.revision = rest->header.revision + 1'000;
    const auto future = read(page);
    REQUIRE_FALSE(future);
    CHECK(future.error().kind == Fault::Kind::future_revision);
}

TEST_CASE_METHOD(RealEtcd, "a transaction holds if nothing of a range has changed since a revision", "[.plain]") {
    begin_with(usual());
    const Revision before = put_well("root/other", "x");
    const KeyRange root = range_of_prefix("root/a ");
    const auto claim = [&](Revision since, const std::string& member) {
        Transaction transaction;
        transaction.conditions = {{root, Compare::Target::modified, Compare::Result::less, since + 1, {}}};
        transaction.then = {Put{"root/a " + member, member, 0}};
        transaction.otherwise = {Read{root}};
        return transact(transaction);
    };
    const auto first = claim(before, "m1");
    REQUIRE(first);
    CHECK(first->succeeded);  // there was no key
    const auto second = claim(before, "m2");
    REQUIRE(second);
    CHECK_FALSE(second->succeeded);
    CHECK(std::get<ReadAnswer>(second->answers.at(0)).pairs.at(0).value == "m1");
    CHECK(claim(second->header.revision, "m2")->succeeded);
}

TEST_CASE_METHOD(RealEtcd, "a lease's keys end with it, in one revision, and a watch reports that", "[.plain]") {
    begin_with(usual());
    const LeaseId lease = test_lease;
    const auto granted =
        result_of<LeaseAnswer>([&](auto done) { client->grant(lease, std::chrono::seconds(3), done); });
    REQUIRE(granted);
    CHECK(granted->time == std::chrono::seconds(3));
    const auto again = result_of<LeaseAnswer>([&](auto done) { client->grant(lease, std::chrono::seconds(3), done); });
    REQUIRE_FALSE(again);
    CHECK(again.error().kind == Fault::Kind::lease_exists);
    REQUIRE(put("leased/1", "x", lease));
    const auto second = put("leased/2", "x", lease);
    REQUIRE(second);
    CHECK(read(Read{{"leased/1"}})->pairs.at(0).lease == lease);
    test::WatchLog log;
    const auto watch = client->watch({range_of_prefix("leased/"), second->header.revision + 1}, log.handlers());
    const auto renewed = result_of<LeaseAnswer>([&](auto done) { client->renew(lease, done); });
    REQUIRE(renewed);
    CHECK(renewed->time == std::chrono::seconds(3));
    wait_until([&] { return log.events.size() == 2; });
    CHECK(log.events[0].is_deletion);
    CHECK(log.events[0].pair.modified == log.events[1].pair.modified);
    const auto ended = result_of<LeaseAnswer>([&](auto done) { client->renew(lease, done); });
    REQUIRE(ended);
    CHECK(ended->time == std::chrono::seconds(0));
    const auto late = put("leased/3", "x", lease);
    REQUIRE_FALSE(late);
    CHECK(late.error().kind == Fault::Kind::lease_missing);
    const auto revoked = result_of<PutAnswer>([&](auto done) { client->revoke(lease, done); });
    REQUIRE_FALSE(revoked);
    CHECK(revoked.error().kind == Fault::Kind::lease_missing);
}

TEST_CASE_METHOD(RealEtcd, "a watch reports changes from its start, then progress", "[.plain]") {
    begin_with(usual());
    const Revision first = put_well("watched/1", "a");
    put_well("watched/1", "b");
    put_well("other", "x");
    test::WatchLog log;
    const auto watch = client->watch({range_of_prefix("watched/"), first}, log.handlers());
    wait_until([&] { return log.events.size() == 2; });
    CHECK(log.events[1].pair.value == "b");
    const Revision last = put_well("other", "y");
    wait_until([&] { return log.seen >= last; });  // etcd runs with progress every second
    put_well("watched/2", "c");
    wait_until([&] { return log.events.size() == 3; });
    CHECK_FALSE(log.ended);
}

TEST_CASE_METHOD(RealEtcd, "a watch from before a compaction ends, and so does one from the future", "[.plain]") {
    begin_with(usual());
    const Revision first = put_well("compacted/1", "a");
    put_well("compacted/1", "b");
    const Revision last = put_well("compacted/1", "c");
    compact(last);
    test::WatchLog log;
    const auto watch = client->watch({range_of_prefix("compacted/"), first}, log.handlers());
    wait_until([&] { return log.ended.has_value(); });
    CHECK(log.ended->kind == Fault::Kind::compacted);
    test::WatchLog future;
    const auto behind = client->watch({range_of_prefix("compacted/"), last + 1'000}, future.handlers());
    wait_until([&] { return future.ended.has_value(); });
    CHECK(future.ended->kind == Fault::Kind::future_revision);
}

TEST_CASE_METHOD(RealEtcd, "a large change arrives in fragments, as one batch", "[.plain]") {
    begin_with(usual());
    const LeaseId lease = test_lease + 1;
    REQUIRE(result_of<LeaseAnswer>([&](auto done) { client->grant(lease, std::chrono::seconds(600), done); }));
    const std::string start(900, 'k');
    Revision before = 0;
    for (int i = 0; i < 16; ++i) {
        Transaction transaction;
        for (int j = 0; j < 128; ++j) {
            transaction.then.emplace_back(Put{"large/" + std::to_string(1'000 * i + j) + start, "x", lease});
        }
        const auto answer = transact(transaction);
        REQUIRE(answer);
        before = answer->header.revision;
    }
    test::WatchLog log;
    const auto watch = client->watch({range_of_prefix("large/"), before + 1}, log.handlers());
    wait_until([&] { return log.has_begun; });
    REQUIRE(result_of<PutAnswer>([&](auto done) { client->revoke(lease, done); }));
    wait_until([&] { return !log.events.empty(); });
    CHECK(log.events.size() == 16 * 128);
    CHECK(log.seen == before + 1);
}

TEST_CASE_METHOD(RealEtcd, "users have passwords and rights", "[.users]") {
    Settings settings = usual();
    begin_with(settings);
    const auto nobody = read(Read{{"ft/a"}});
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().kind == Fault::Kind::token);
    settings.user = "ft";
    settings.password = "wrong";
    begin_with(settings);
    const auto wrong = read(Read{{"ft/a"}});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().kind == Fault::Kind::credentials);
    settings.password = "s\"ecret\\";
    begin_with(settings);
    const Revision first = put_well("ft/a", "x");
    const auto foreign = put("other/a", "x");
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().kind == Fault::Kind::forbidden);
    test::WatchLog log;
    const auto watch = client->watch({range_of_prefix("ft/"), first}, log.handlers());
    wait_until([&] { return log.events.size() == 1; });
    test::WatchLog other;
    const auto refused = client->watch({range_of_prefix("other/"), first}, other.handlers());
    wait_until([&] { return other.ended.has_value(); });
    CHECK(other.ended->kind == Fault::Kind::forbidden);
}

TEST_CASE_METHOD(RealEtcd, "TLS verifies both sides", "[.tls]") {
    const std::string folder = from_environment("ETCD_TEST_FOLDER");
    Settings settings;
    settings.endpoints = {from_environment("ETCD_TEST_URL")};
    settings.call_time = std::chrono::seconds(60);
    settings.ca_file = folder + "/ca.pem";
    settings.certificate_file = folder + "/client.pem";
    settings.key_file = folder + "/client.key";
    begin_with(settings);
    put_well("tls/a", "x");
    test::WatchLog log;
    const auto watch = client->watch({range_of_prefix("tls/"), 1}, log.handlers());
    wait_until([&] { return !log.events.empty(); });
    Settings without = settings;
    without.certificate_file.clear();
    without.key_file.clear();
    Settings stranger = settings;
    stranger.ca_file = folder + "/other-ca.pem";
    for (const Settings& each : {without, stranger}) {
        begin_with(each);
        const auto answer = read(Read{{"tls/a"}});
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == Fault::Kind::unreachable);
        CAPTURE(answer.error().text);
        CHECK_FALSE(answer.error().text.empty());
    }
}

}  // namespace
}  // namespace ferrotunnel::etcd
