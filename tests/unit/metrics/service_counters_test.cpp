#include "metrics/service_counters.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace ferrotunnel::metrics;
using namespace std::chrono_literals;

namespace {

ServiceLabels named(const std::string& service) {
    return {service, "ann", "tunnel.example.com:22"};
}

ServiceSums sums_over(const ServiceCounters& book) {
    ServiceSums all;
    for (const auto& row : book.rows()) {
        all.add(row->sums());
    }
    return all;
}

}  // namespace

TEST_CASE("service book: a row outlives those who count, and the same labels have the same row") {
    ServiceCounters book;
    book.row(named("web"))->meter(nullptr)->sent.add(5);
    book.row(named("web"))->meter(nullptr)->sent.add(2);
    book.rest()->meter(nullptr)->received.add(1);
    const auto rows = book.rows();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0]->labels().service == "web");
    CHECK(rows[0]->sums().sent == 7);
    CHECK_FALSE(rows[0]->sums().has_http);
    CHECK(rows[1]->labels() == ServiceLabels{});
    CHECK(rows[1]->sums().received == 1);
}

TEST_CASE("service book: each thread counts for itself, and a reader sees all of it") {
    std::vector<int> who(4);
    std::vector<const void*> writers;
    for (const int& one : who) {
        writers.push_back(&one);
    }
    ServiceCounters book(writers);
    constexpr std::uint64_t each = 20'000;
    std::vector<std::thread> threads;
    for (const void* writer : writers) {
        threads.emplace_back([&book, writer] {
            const auto row = book.row(named("web"));
            const auto meter = row->meter(writer);
            HttpCounts& http = row->http(row->number_of(writer));
            for (std::uint64_t i = 0; i < each; ++i) {
                meter->received.add(3);
                http.answers[1].add(1);
                http.whole.count(3ms);
            }
        });
    }
    std::uint64_t before = 0;
    while (before < writers.size() * each * 3) {
        const std::uint64_t now = sums_over(book).received;
        REQUIRE(now >= before);
        before = now;
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    const ServiceSums sums = sums_over(book);
    CHECK(sums.received == writers.size() * each * 3);
    CHECK(sums.answers[1] == writers.size() * each);
    CHECK(sums.whole.counts[2] == writers.size() * each);  // up to 5 ms
    CHECK(sums.whole.nanoseconds == writers.size() * each * 3'000'000);
}

TEST_CASE("limit: services that are told apart; those that nobody uses give way, and the sum stays") {
    ServiceCounters book({}, 3);
    std::uint64_t sent = 0;
    const auto count = [&](const std::string& service, std::uint64_t bytes) {
        auto meter = book.row(named(service))->meter(nullptr);
        meter->sent.add(bytes);
        sent += bytes;
        REQUIRE(sums_over(book).sent == sent);
        return meter;
    };
    auto a = count("a", 1);
    auto b = count("b", 20);
    (void)count("c", 300);
    CHECK(book.rows().size() == 4);
    auto d = count("d", 4'000);  // in the place of c
    CHECK(book.rows().size() == 4);
    CHECK(book.rest()->sums().sent == 300);
    (void)count("e", 50'000);  // no room: all of them are in use
    CHECK(book.rows().size() == 4);
    CHECK(book.rest()->sums().sent == 50'300);
    a->sent.add(600'000);
    sent += 600'000;
    a.reset();
    (void)count("e", 7'000'000);  // in the place of a
    CHECK(book.rows()[2]->labels().service == "e");
    CHECK(book.rows()[2]->sums().sent == 7'000'000);
    CHECK(sums_over(book).sent == sent);
}

TEST_CASE("histogram: what took as long as a bound is within it") {
    RequestTimes times;
    times.count(0ms);
    times.count(1ms);
    times.count(1ms + 1ns);
    times.count(10s);
    times.count(1h);
    times.count(-1ms);  // a clock that was read elsewhere
    RequestTimes::Sums sums;
    times.add_to(sums);
    CHECK(sums.counts[0] == 3);
    CHECK(sums.counts[1] == 1);
    CHECK(sums.counts[11] == 1);
    CHECK(sums.counts[12] == 1);
    CHECK(sums.nanoseconds == 3'610'002'000'001U);
}
