#include "etcd/watch.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "recorded.hpp"

namespace ferrotunnel::etcd {
namespace {

using test::in_result;

const KeyRange watched = range_of_prefix("w/");

std::string put_event(std::string_view revision, std::string_view key = "dy8x") {
    return R"({"kv":{"key":")" + std::string(key) + R"(","create_revision":")" + std::string(revision) +
           R"(","mod_revision":")" + std::string(revision) + R"(","version":"1","value":"eA=="}})";
}

std::string events(std::string_view list, std::string_view more = "") {
    return R"("events":[)" + std::string(list) + "]" + std::string(more);
}

WatchMessage message(std::string_view more, std::string_view revision = "9") {
    auto read = watch_message(in_result(more, revision), watched);
    REQUIRE(read);
    return std::move(*read);
}

Fault::Kind kind_of_line(std::string_view line) {
    const auto read = watch_message(line, watched);
    REQUIRE_FALSE(read);
    CHECK_FALSE(read.error().text.empty());
    return read.error().kind;
}

// A watch from revision 5 that has been created.
struct BegunOrder {
    BegunOrder() {
        const auto begun = order.add(message(R"("created":true)"));
        REQUIRE(begun);
        CHECK_FALSE(*begun);
    }
    Fault::Kind fault(WatchMessage next) {
        const auto answer = order.add(std::move(next));
        REQUIRE_FALSE(answer);
        return answer.error().kind;
    }

    WatchOrder order{5};
};

TEST_CASE("a stream is split into its lines, however it arrives", "[etcd]") {
    const std::string stream = "{\"a\":1}\n\n{\"b\":2}\n{\"c\":3}";
    for (std::size_t step = 1; step <= stream.size(); ++step) {
        WatchLines lines;
        std::string seen;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            lines.add(std::string_view(stream).substr(at, step));
            while (const auto line = lines.next()) {
                seen.append(*line).append("|");
            }
        }
        CHECK(seen == "{\"a\":1}|{\"b\":2}|");
        lines.add("\n");
        CHECK(lines.next() == "{\"c\":3}");
        CHECK_FALSE(lines.next());
        CHECK_FALSE(lines.is_too_long());
    }
}

TEST_CASE("a line up to the limit is returned, a longer one ends the stream", "[etcd][limits]") {
    WatchLines lines(10);
    lines.add("0123456789\n0123456789");
    CHECK(lines.next() == "0123456789");
    CHECK_FALSE(lines.next());
    CHECK_FALSE(lines.is_too_long());
    SECTION("by a byte without an end") {
        lines.add("x");
        CHECK_FALSE(lines.next());
        CHECK(lines.is_too_long());
    }
    SECTION("with its end") {
        lines.add("x\n{}\n");
        CHECK_FALSE(lines.next());
        CHECK(lines.is_too_long());
    }
    SECTION("within one piece") {
        lines.add("\nx\n01234567890\n{}\n");
        CHECK(lines.next() == "0123456789");
        CHECK(lines.next() == "x");
        CHECK_FALSE(lines.next());
        CHECK(lines.is_too_long());
    }
}

TEST_CASE("messages of a watch as etcd sends them", "[etcd]") {
    CHECK(message(R"("created":true)").is_created);
    const WatchMessage both = message(events(put_event("7") + "," +
                                             R"({"type":"DELETE","kv":{"key":"dy8x","mod_revision":"8"},)"
                                             R"("prev_kv":{"key":"dy8x"}})"));
    REQUIRE(both.events.size() == 2);
    CHECK_FALSE(both.events[0].is_deletion);
    CHECK(both.events[0].pair.key == "w/1");
    CHECK(both.events[0].pair.value == "x");
    CHECK(both.events[1].is_deletion);
    CHECK(both.events[1].pair.modified == 8);
    CHECK(message("").events.empty());
    CHECK(kind_of_line(in_result(R"("canceled":true,"compact_revision":"3")")) == Fault::Kind::compacted);
    CHECK(kind_of_line(in_result(R"("watch_id":"-1","created":true,"canceled":true,"cancel_reason":"rpc error: code = )"
                                 R"(PermissionDenied desc = etcdserver: permission denied")")) ==
          Fault::Kind::forbidden);
    CHECK(kind_of_line(in_result(R"("watch_id":"-1","created":true,"canceled":true,"cancel_reason":"rpc error: code = )"
                                 R"(InvalidArgument desc = etcdserver: user name is empty")")) == Fault::Kind::token);
    CHECK(kind_of_line(in_result(R"("canceled":true,"cancel_reason":"etcdserver: no leader")")) ==
          Fault::Kind::unavailable);
    CHECK(kind_of_line(in_result(R"("canceled":true)")) == Fault::Kind::unavailable);
    CHECK(kind_of_line(R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader"}})") ==
          Fault::Kind::unavailable);
}

TEST_CASE("other messages of a watch are malformed", "[etcd]") {
    const std::string fine = put_event("7");
    for (const std::string& line : {
             std::string("x"),
             std::string("{}"),
             std::string(R"({"result":5})"),
             in_result(R"("created":"true")"),
             in_result(R"("canceled":1)"),
             in_result(R"("events":{})"),
             in_result(events("5")),
             in_result(events("{}")),
             in_result(events(put_event("8") + "," + put_event("7"))),
             in_result(events(put_event("0"))),
             in_result(events(put_event("7", "eA=="))),
             in_result(events(R"({"type":"MOVE","kv":{"key":"dy8x","mod_revision":"8"}})")),
             in_result(events(R"({"kv":{"key":"dy8x","mod_revision":"8"}})")),
             in_result(events(fine), "-1"),
         }) {
        CAPTURE(line);
        CHECK(kind_of_line(line) == Fault::Kind::malformed);
    }
}

TEST_CASE_METHOD(BegunOrder, "changes and progress raise what was seen", "[etcd]") {
    CHECK(order.seen() == 4);
    const auto changes = order.add(message(events(put_event("6") + "," + put_event("7")), "8"));
    REQUIRE((changes && *changes));
    CHECK((*changes)->events.size() == 2);
    CHECK((*changes)->revision == 7);  // not that of the header: the rest up to there follows
    const auto progress = order.add(message("", "20"));
    REQUIRE((progress && *progress));
    CHECK((*progress)->events.empty());
    CHECK(order.seen() == 20);
    CHECK(order.add(message("", "20")));
}

TEST_CASE_METHOD(BegunOrder, "fragments are one batch", "[etcd]") {
    CHECK_FALSE(*order.add(message(events(put_event("6"), R"(,"fragment":true)"))));
    CHECK(order.seen() == 4);
    CHECK_FALSE(*order.add(message(events(put_event("6"), R"(,"fragment":true)"))));
    const auto last = order.add(message(events(put_event("6") + "," + put_event("7"))));
    REQUIRE((last && *last));
    CHECK((*last)->events.size() == 4);
    CHECK(order.seen() == 7);
    CHECK(order.add(message(events(put_event("8")))));
}

TEST_CASE_METHOD(BegunOrder, "a watch out of order is malformed", "[etcd]") {
    const Fault::Kind malformed = Fault::Kind::malformed;
    SECTION("created twice") {
        CHECK(fault(message(R"("created":true)")) == malformed);
    }
    SECTION("a change from before its start") {
        CHECK(fault(message(events(put_event("4")))) == malformed);
    }
    SECTION("a repeated change") {
        CHECK(order.add(message(events(put_event("6")))));
        CHECK(fault(message(events(put_event("6")))) == malformed);
    }
    SECTION("progress that goes back") {
        CHECK(order.add(message(events(put_event("6")))));
        CHECK(fault(message("", "5")) == malformed);
    }
    SECTION("progress within a change") {
        CHECK(order.add(message(events(put_event("6"), R"(,"fragment":true)"))));
        CHECK(fault(message("", "9")) == malformed);
    }
    SECTION("fragments that go back") {
        CHECK(order.add(message(events(put_event("7"), R"(,"fragment":true)"))));
        CHECK(fault(message(events(put_event("6")))) == malformed);
    }
    SECTION("an empty fragment") {
        CHECK(fault(message(R"("fragment":true)")) == malformed);
    }
    SECTION("another etcd") {
        WatchMessage other = message("", "9");
        ++other.header.cluster;
        CHECK(fault(std::move(other)) == malformed);
    }
}

TEST_CASE("a watch begins with its creation, at a store that has what came before", "[etcd]") {
    WatchOrder early(5);
    const auto events_first = early.add(message(events(put_event("6"))));
    REQUIRE_FALSE(events_first);
    CHECK(events_first.error().kind == Fault::Kind::malformed);
    WatchOrder at_end(10);
    CHECK(at_end.add(message(R"("created":true)", "9")));
    WatchOrder behind(11);
    const auto restored = behind.add(message(R"("created":true)", "9"));
    REQUIRE_FALSE(restored);
    CHECK(restored.error().kind == Fault::Kind::future_revision);
}

TEST_CASE_METHOD(BegunOrder, "a batch has a limit of its memory", "[etcd][limits][large]") {
    WatchMessage part = message(R"("fragment":true)");
    part.events.assign(100'000, WatchEvent{false, {"w/1", std::string(100, 'x'), 6, 6, 1, 0, false}});
    const std::size_t bytes = part.events.size() * (sizeof(WatchEvent) + 103);
    std::size_t total = 0;
    for (; total + bytes <= limits::batch_bytes_max; total += bytes) {
        REQUIRE(order.add(part));
    }
    CHECK(fault(part) == Fault::Kind::malformed);
}

TEST_CASE("a message has a limit of its events", "[etcd][limits][large]") {
    // Shorter than a real one, so that the limit of JSON values is not reached first.
    const std::string deletion = R"({"type":"DELETE","kv":{"key":"dy8x"}})";
    std::string list = deletion;
    for (std::size_t i = 0; i < limits::events_max; ++i) {
        list += "," + deletion;
    }
    CHECK(kind_of_line(in_result(events(list))) == Fault::Kind::malformed);
}

}  // namespace
}  // namespace ferrotunnel::etcd
