#include "observe/trace_exporter.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "collector.hpp"

namespace ferrotunnel::observe {
namespace {

using namespace std::chrono_literals;
using trace::batch_spans_max;
using trace::SpanQueue;

const std::string taken = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

TraceTarget target_at(std::uint16_t port) {
    const std::string authority = "127.0.0.1:" + std::to_string(port);
    return {{nullptr, {"127.0.0.1", port}, authority}, "/v1/traces", {{"Authorization", "Basic abc"}}, "edge"};
}

void put_spans(SpanQueue& queue, std::size_t count) {
    std::vector<trace::Span> spans(count);
    for (trace::Span& span : spans) {
        span.name = "GET";
    }
    queue.put(std::move(spans));
}

template <typename IsSo>
bool becomes_so(const IsSo& is_so) {
    for (int i = 0; i < 6'000 && !is_so(); ++i) {
        std::this_thread::sleep_for(10ms);
    }
    return is_so();
}

}  // namespace

TEST_CASE("what waits is sent after a while, and a batch at once", "[exporter]") {
    Collector collector([](std::size_t) { return taken; });
    const auto queue = std::make_shared<SpanQueue>();
    TraceExporter exporter(queue, null_logger(), {.gather = 100ms});
    exporter.set(target_at(collector.port()));
    put_spans(*queue, 2);
    const std::string message = collector.wait_for(1).at(0);
    CHECK(message.starts_with("POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:"));
    CHECK(message.find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    CHECK(message.find("\r\nAuthorization: Basic abc\r\n") != std::string::npos);
    CHECK(message.find(R"("stringValue":"edge")") != std::string::npos);
    CHECK(becomes_so([&] { return queue->counts().sent == 2; }));

    const auto others = std::make_shared<SpanQueue>();
    TraceExporter at_once(others, null_logger(), {.gather = 1h});
    at_once.set(target_at(collector.port()));
    put_spans(*others, 2 * batch_spans_max + 1);
    CHECK(becomes_so([&] { return others->counts().sent == 2 * batch_spans_max; }));
    CHECK_FALSE(others->is_empty());
    exporter.set(std::nullopt);
    put_spans(*queue, 1);
    CHECK(queue->counts().dropped == 1);
}

TEST_CASE("a message is sent again as the collector says, and only so often", "[exporter]") {
    Collector collector([](std::size_t number) {
        return number == 0   ? std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Later\r\nRetry-After: 0\r\n\r\n")
               : number == 1 ? taken
               : number == 2 ? std::string("HTTP/1.1 400 Bad\r\n\r\n")
                             : std::string("HTTP/1.1 503 Away\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
    });
    const auto queue = std::make_shared<SpanQueue>();
    TraceExporter exporter(queue, null_logger(), {.gather = 20ms});
    exporter.set(target_at(collector.port()));
    put_spans(*queue, 2);
    CHECK(becomes_so([&] { return queue->counts().sent == 2; }));
    CHECK(collector.wait_for(2).size() == 2);
    CHECK(collector.wait_for(2).at(0) == collector.wait_for(2).at(1));

    put_spans(*queue, 3);  // 400 says that it is of no use
    CHECK(becomes_so([&] { return queue->counts().failed == 3; }));
    CHECK(collector.wait_for(3).size() == 3);

    put_spans(*queue, 4);
    CHECK(becomes_so([&] { return queue->counts().failed == 7; }));
    CHECK(collector.wait_for(3).size() == 3 + trace::attempts_max);
}

TEST_CASE("a collector that is away or says nonsense loses spans, and they are counted", "[exporter]") {
    for (const std::string answer : {"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", "HTTP/1.1 20"}) {
        Collector collector([&](std::size_t) { return answer; });
        const auto queue = std::make_shared<SpanQueue>();
        {
            TraceExporter exporter(queue, null_logger());
            exporter.set(target_at(collector.port()));
            put_spans(*queue, 5);
        }
        CHECK(queue->counts().failed == 5);
    }
    const auto queue = std::make_shared<SpanQueue>();
    {
        std::uint16_t port = 0;
        {
            const Collector gone([](std::size_t) { return taken; });
            port = gone.port();
        }
        TraceExporter exporter(queue, null_logger());
        exporter.set(target_at(port));
        put_spans(*queue, batch_spans_max + 5);
    }
    CHECK(queue->counts().failed == batch_spans_max + 5);
}

TEST_CASE("the end sends what waits, and waits for nobody for long", "[exporter]") {
    Collector good([](std::size_t) { return taken; });
    const auto queue = std::make_shared<SpanQueue>();
    {
        TraceExporter exporter(queue, null_logger(), {.gather = 1h, .end = 1min});
        exporter.set(target_at(good.port()));
        put_spans(*queue, trace::spans_waiting_max);
    }
    CHECK(queue->counts().sent == trace::spans_waiting_max);

    Collector silent([](std::size_t) { return std::string(); });
    const auto lost = std::make_shared<SpanQueue>();
    const auto begun = std::chrono::steady_clock::now();
    {
        TraceExporter exporter(lost, null_logger(), {.gather = 1h, .message = 1h, .end = 50ms});
        exporter.set(target_at(silent.port()));
        put_spans(*lost, trace::spans_waiting_max);
        (void)silent.wait_for(1);
    }
    CHECK(std::chrono::steady_clock::now() - begun < 1min);
    CHECK(lost->counts().sent == 0);
    CHECK(lost->counts().dropped + lost->counts().failed == trace::spans_waiting_max);
}

TEST_CASE("a silent collector has its time, and then it is tried again", "[exporter]") {
    Collector collector([](std::size_t number) { return number == 0 ? std::string() : taken; });
    const auto queue = std::make_shared<SpanQueue>();
    TraceExporter exporter(queue, null_logger(), {.gather = 20ms, .message = 200ms});
    exporter.set(target_at(collector.port()));
    put_spans(*queue, 2);
    CHECK(becomes_so([&] { return queue->counts().sent == 2; }));
}

TEST_CASE("what waits goes to the new place when that changes", "[exporter]") {
    for (const std::string answer : {"HTTP/1.1 503 Away\r\nRetry-After: 3600\r\n\r\n", ""}) {
        Collector first([&](std::size_t) { return answer; });
        Collector second([](std::size_t) { return taken; });
        const auto queue = std::make_shared<SpanQueue>();
        TraceExporter exporter(queue, null_logger(), {.gather = 20ms, .message = 1h});
        exporter.set(target_at(first.port()));
        put_spans(*queue, 2);
        (void)first.wait_for(1);
        exporter.set(target_at(second.port()));
        CHECK(becomes_so([&] { return queue->counts().sent == 2; }));
        exporter.set(target_at(first.port()));
        put_spans(*queue, 3);
        (void)first.wait_for(2);
        exporter.set(std::nullopt);
        CHECK(becomes_so([&] { return queue->counts().failed == 3; }));
    }
}

}  // namespace ferrotunnel::observe
