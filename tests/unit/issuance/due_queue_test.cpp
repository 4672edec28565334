#include "issuance/due_queue.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {
namespace {

using std::chrono::seconds;

const WallTime start{seconds(1'800'000'000)};

class DueTest {
public:
    NameEntry& add(const std::string& name, const std::string& token, WallTime due) {
        entries.push_back(std::make_unique<NameEntry>());
        NameEntry& entry = *entries.back();
        entry.name = name;
        entry.token = token;
        entry.is_configured = token.empty();
        queue.schedule(entry, due);
        return entry;
    }
    std::string pop(WallTime now = start) {
        NameEntry* const entry = queue.pop(now);
        if (entry == nullptr) {
            return "-";
        }
        running.push_back(entry);
        return entry->name;
    }
    void end(const std::string& name) {
        for (NameEntry*& entry : running) {
            if (entry != nullptr && entry->name == name) {
                queue.ended(*entry);
                entry = nullptr;
            }
        }
    }

    DueQueue queue{limits::orders_at_once_max};
    std::vector<std::unique_ptr<NameEntry>> entries;
    std::vector<NameEntry*> running;
};

TEST_CASE("names are due by time, and a later schedule replaces an earlier one", "[issuance]") {
    DueTest test;
    CHECK(test.queue.earliest() == wall_never);
    NameEntry& late = test.add("late", "", start + seconds(10));
    test.add("early", "", start + seconds(5));
    CHECK(test.queue.earliest() == start + seconds(5));
    CHECK(test.pop(start + seconds(4)) == "-");
    CHECK(test.pop(start + seconds(5)) == "early");
    CHECK(test.pop(start + seconds(5)) == "-");
    test.queue.schedule(late, start + seconds(20));
    CHECK(test.pop(start + seconds(19)) == "-");
    CHECK(test.pop(start + seconds(20)) == "late");
    CHECK(test.queue.earliest() == wall_never);
}

TEST_CASE("a removed name is not due, whether it waits or is ready", "[issuance]") {
    DueTest test;
    NameEntry& waiting = test.add("waiting", "", start + seconds(5));
    test.queue.remove(waiting);
    CHECK(test.queue.earliest() == wall_never);
    for (const char* name : {"1", "2", "3", "4"}) {
        test.add(name, "", start - seconds(1));  // before the two others; names of one time have no order
    }
    NameEntry& ready = test.add("ready", "", start);
    NameEntry& of_client = test.add("of client", "t", start);
    for (int i = 0; i < 4; ++i) {
        test.pop();
    }
    CHECK(test.pop() == "-");
    CHECK(ready.is_ready);
    CHECK(of_client.is_ready);
    test.queue.remove(ready);
    test.queue.remove(of_client);
    test.end("1");
    CHECK(test.pop() == "-");
}

TEST_CASE("new names of clients leave a place for others, and a token has two", "[issuance]") {
    DueTest test;
    test.add("a1", "a", start - seconds(3));
    test.add("a2", "a", start - seconds(2));
    test.add("a3", "a", start - seconds(1));
    test.add("b1", "b", start);
    test.add("c1", "c", start);
    CHECK(test.pop() == "a1");
    CHECK(test.pop() == "b1");  // one token after the other
    CHECK(test.pop() == "c1");
    CHECK(test.pop() == "-");
    test.add("operator", "", start);
    CHECK(test.pop() == "operator");
    test.end("b1");
    CHECK(test.pop() == "a2");
    test.end("c1");
    CHECK(test.pop() == "-");  // a has two
    test.end("a1");
    CHECK(test.pop() == "a3");
}

TEST_CASE("the operator's names and renewals come before new names", "[issuance]") {
    DueTest test;
    test.add("new", "a", start);
    NameEntry& renewal = test.add("renewal", "b", start + seconds(1));
    renewal.chain.emplace();
    test.add("operator", "", start + seconds(2));
    CHECK(test.pop(start + seconds(2)) == "renewal");
    CHECK(test.pop(start + seconds(2)) == "operator");
    CHECK(test.pop(start + seconds(2)) == "new");
}

TEST_CASE("ten thousand names have their turn", "[issuance]") {
    DueTest test;
    for (std::size_t i = 0; i < limits::names_max; ++i) {
        test.add(std::to_string(i), "token " + std::to_string(i % 100), start + seconds(i % 7));
    }
    for (std::size_t i = 0; i < limits::names_max; ++i) {
        NameEntry* const entry = test.queue.pop(start + seconds(7));
        REQUIRE(entry != nullptr);
        test.queue.ended(*entry);
    }
    CHECK(test.pop(start + seconds(7)) == "-");
    CHECK(test.queue.running() == 0);
}

}  // namespace
}  // namespace ferrotunnel::issuance
