// PrefixWatcher: what it reports at first, on changes, and after everything that can happen to a watch.
#include "etcd_client/prefix_watcher.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fake_etcd.hpp"
#include "unit/etcd_client/client_fixture.hpp"
#include "unit/runtime/own_loop.hpp"

namespace ferrotunnel::etcd {
namespace {

using namespace std::chrono_literals;

class Follower {
public:
    void begin(PrefixWatcher::Bounds bounds = {1'000, {}, 60s}) {
        Settings settings;
        settings.call_time = 60s;
        client_ = std::make_unique<Client>(loop.worker, settings, std::vector{etcd.destination()}, random_);
        watcher = std::make_unique<PrefixWatcher>(
            loop.worker, *client_, random_, "w/", bounds,
            PrefixWatcher::Handlers{[this](const KeyValue& pair) {
                                        ++reports;
                                        known[pair.key] = pair.value;
                                    },
                                    [this](const std::string& key) {
                                        ++reports;
                                        CHECK(known.erase(key) == 1);
                                    },
                                    [this] { ++syncs; }, [this](const std::string& why) { problem = why; }});
        watcher->start();
    }
    void wait_until(const std::function<bool()>& condition) {
        REQUIRE(loop.run_until([&] { return etcd.look() && condition(); }));
    }
    /// A watch is there, and what etcd has was reported.
    void wait_until_it_follows() {
        wait_until([&] { return syncs > 0 && etcd.watches() == 1; });
        etcd.put("w/last", std::to_string(++last_));
        wait_until([&] { return known["w/last"] == std::to_string(last_); });
        reports = 0;
    }
    using Known = std::map<std::string, std::string>;
    Known without_last() const {
        Known rest = known;
        rest.erase("w/last");
        return rest;
    }

    etcd_store::test::FakeEtcd etcd;
    runtime::test::OwnLoop loop;
    std::unique_ptr<PrefixWatcher> watcher;
    Known known;
    std::size_t reports = 0;
    std::size_t syncs = 0;
    std::string problem = "none was reported";

private:
    test::ZeroRandom random_;
    std::unique_ptr<Client> client_;
    int last_ = 0;

public:
    ~Follower() { watcher.reset(); }
    Follower() = default;
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;
};

}  // namespace

TEST_CASE_METHOD(Follower, "keys with a prefix are reported, and then each change", "[prefix-watcher]") {
    etcd.put("v/", "before");
    etcd.put("w/a", "1");
    etcd.put("w/b", "2");
    etcd.put("x", "behind");
    begin();
    wait_until([&] { return syncs == 1; });
    CHECK(known == Known{{"w/a", "1"}, {"w/b", "2"}});
    wait_until_it_follows();
    etcd.put("w/a", "3");
    etcd.erase("w/b");
    etcd.put("w/c", "4");
    etcd.put("x", "again");
    wait_until([&] { return reports == 3; });
    CHECK(without_last() == Known{{"w/a", "3"}, {"w/c", "4"}});
    CHECK(syncs == 1);
    CHECK(problem.empty());
}

TEST_CASE_METHOD(Follower, "more keys than a page has are read page by page", "[prefix-watcher]") {
    const std::size_t count = 2 * static_cast<std::size_t>(limits::page_keys) + 1;
    for (std::size_t i = 0; i < count; ++i) {
        etcd.put("w/" + std::to_string(i), "");
    }
    begin({count});
    wait_until([&] { return syncs == 1; });
    CHECK(known.size() == count);
    CHECK(etcd.reads == 3);
}

TEST_CASE_METHOD(Follower, "a watch that has ended continues where it was, without a read", "[prefix-watcher]") {
    etcd.put("w/a", "1");
    begin();
    wait_until_it_follows();
    etcd.end_watches();
    etcd.put("w/a", "2");
    etcd.erase("w/a");
    etcd.put("w/b", "3");
    wait_until([&] { return reports == 3; });
    CHECK(without_last() == Known{{"w/b", "3"}});
    CHECK(etcd.reads == 1);
    wait_until([&] { return problem.empty(); });
}

TEST_CASE_METHOD(Follower, "after a compaction all is read again, and only what differs is reported",
                 "[prefix-watcher]") {
    for (const char* key : {"w/a", "w/b", "w/c"}) {
        etcd.put(key, "1");
    }
    begin();
    wait_until_it_follows();
    etcd.end_watches();
    etcd.put("w/a", "2");
    etcd.erase("w/b");
    etcd.put("w/d", "4");
    etcd.compact();
    wait_until([&] { return syncs == 2; });
    CHECK(reports == 3);
    CHECK(without_last() == Known{{"w/a", "2"}, {"w/c", "1"}, {"w/d", "4"}});
    wait_until_it_follows();
}

TEST_CASE_METHOD(Follower, "an etcd that was restored, or is another one, is read again", "[prefix-watcher]") {
    etcd.put("w/a", "1");
    begin();
    wait_until_it_follows();
    etcd.end_watches();
    etcd.keys.erase("w/a");
    SECTION("its revision has gone back") {
        etcd.revision -= 2;
        etcd.keys["w/b"] = {0, etcd.revision, "2"};
        etcd.keys["w/last"].modified = etcd.revision;
        etcd.compact();  // no history of the future
    }
    SECTION("it has another id, and its revision is greater") {
        etcd.cluster = "8";
        etcd.revision += 100;
        etcd.keys["w/b"] = {0, etcd.revision, "2"};
    }
    wait_until([&] { return syncs == 2; });
    CHECK_FALSE(known.contains("w/a"));
    CHECK(known["w/b"] == "2");
}

TEST_CASE_METHOD(Follower, "a watch whose connection is dead is replaced", "[prefix-watcher]") {
    begin({1'000, {}, 200ms});
    wait_until([&] { return syncs == 1 && etcd.watches() >= 1; });
    etcd.deafen_watches();
    etcd.put("w/a", "1");
    wait_until([&] { return known.contains("w/a"); });
    CHECK(etcd.reads == 1);
}

TEST_CASE_METHOD(Follower, "all is read again after a time, and when it is asked for", "[prefix-watcher]") {
    const bool is_asked = GENERATE(false, true);
    begin({1'000, is_asked ? Duration{} : Duration{300ms}, is_asked ? Duration{60s} : Duration{100ms}});
    wait_until([&] { return syncs == 1; });
    etcd.keys["w/lost"] = {0, etcd.revision, "a change that no watch reports"};
    if (is_asked) {
        watcher->read_again();
    }
    wait_until([&] { return known.contains("w/lost"); });
    CHECK(syncs == 2);
}

TEST_CASE_METHOD(Follower, "changes do not delay a read that was asked for", "[prefix-watcher]") {
    begin();
    wait_until_it_follows();
    etcd.keys["w/lost"] = {0, etcd.revision, "a change that no watch reports"};
    watcher->read_again();
    etcd.put("w/a", "1");
    wait_until([&] { return known.contains("w/a") && known.contains("w/lost"); });
}

TEST_CASE_METHOD(Follower, "keys that find no room beside those that are replaced are read again", "[prefix-watcher]") {
    etcd.put("w/y", "1");
    etcd.put("w/z", "1");
    begin({2});
    wait_until([&] { return syncs == 1 && etcd.watches() == 1; });
    etcd.end_watches();
    etcd.erase("w/y");
    etcd.erase("w/z");
    etcd.put("w/a", "1");
    etcd.put("w/b", "1");
    etcd.compact();
    wait_until([&] { return known == Known{{"w/a", "1"}, {"w/b", "1"}} && problem.empty(); });
}

TEST_CASE_METHOD(Follower, "a key that is too long is left out, and ends nothing", "[prefix-watcher]") {
    begin();
    wait_until_it_follows();
    etcd.put("w/" + std::string(limits::key_max, 'x'), "1");
    etcd.put("w/a", "1");
    wait_until([&] { return known.contains("w/a"); });
    CHECK(without_last() == Known{{"w/a", "1"}});
}

TEST_CASE_METHOD(Follower, "limit: keys of one read, of which an etcd that lies has no end", "[prefix-watcher]") {
    etcd.put("w/a", "1");
    begin({100});
    wait_until([&] { return syncs == 1 && etcd.watches() == 1; });
    std::size_t pages = 0;
    etcd.lie = [&pages](const std::string& path) {
        if (path != "/v3/kv/range") {
            return std::string();
        }
        std::string keys;
        for (int i = 0; i < 100; ++i) {
            std::string key;
            append_base64(key, "w/" + std::to_string(1'000 + pages * 100 + static_cast<std::size_t>(i)));
            keys +=
                std::string(i == 0 ? "" : ",") + R"({"key":")" + key + R"(","create_revision":"1","mod_revision":"1"})";
        }
        ++pages;
        return etcd_store::test::FakeEtcd::response(
            R"({"header":{"cluster_id":"7","member_id":"1","revision":"300"},"more":true,"kvs":[)" + keys + "]}");
    };
    watcher->read_again();
    wait_until([&] { return problem.find("far more keys than 100") != std::string::npos; });
    CHECK(pages == 3);
    CHECK(syncs == 1);
    CHECK(known.contains("w/a"));  // what was not read is not gone
}

TEST_CASE_METHOD(Follower, "limit: keys that a watcher reports", "[prefix-watcher]") {
    for (const char* key : {"w/a", "w/b", "w/c", "w/d"}) {
        etcd.put(key, "");
    }
    begin({3});
    wait_until([&] { return syncs == 1 && etcd.watches() == 1; });
    CHECK(known.size() == 3);
    CHECK(problem.find("more than 3 keys that begin with w/") != std::string::npos);
    etcd.put("w/e", "");
    etcd.put("w/a", "changed");
    wait_until([&] { return known["w/a"] == "changed"; });
    CHECK(known.size() == 3);
    etcd.erase("w/a");
    etcd.erase("w/b");
    wait_until([&] { return known.size() == 3 && problem.empty(); });  // the others have room now
    CHECK(known.contains("w/e"));
}

TEST_CASE_METHOD(Follower, "what is known stays while etcd is away, or lies", "[prefix-watcher]") {
    etcd.put("w/a", "1");
    begin();
    wait_until_it_follows();
    const std::string lie = GENERATE(
        as<std::string>(), etcd_store::test::FakeEtcd::response("{}"),
        etcd_store::test::FakeEtcd::response(
            R"({"header":{"cluster_id":"7","member_id":"1","revision":"300"},"kvs":[{"key":"eA=="}]})"),
        etcd_store::test::FakeEtcd::response(R"({"code":7,"error":"etcdserver: permission denied"})", "403 Forbidden"),
        "nothing of it\r\n\r\n");
    etcd.lie = [&lie](const std::string& path) { return path == "/v3/kv/range" ? lie : std::string(); };
    etcd.end_watches();
    etcd.put("v/", "");
    etcd.compact();  // what the next watch would begin with, so that it is read
    const std::size_t before = etcd.reads;
    wait_until([&] { return etcd.reads >= before + 2 && !problem.empty(); });
    CHECK(reports == 0);
    CHECK(without_last() == Known{{"w/a", "1"}});
    etcd.lie = nullptr;
    wait_until([&] { return problem.empty() && syncs == 2; });
}

}  // namespace ferrotunnel::etcd
