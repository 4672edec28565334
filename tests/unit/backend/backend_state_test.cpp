#include "backend/backend.hpp"

#include <catch2/catch.hpp>

#include "support/log_book.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using namespace std::chrono_literals;

TEST_CASE("a dead backend is told once, its visitors at debug level, and that it is back with their number") {
    test::LogBook log;
    BackendState state;
    const std::string service = "app";
    const std::string backend = "127.0.0.1:9";
    const BackendState::Names names{service, backend};
    TimePoint now = TimePoint{} + 1h;
    state.answered(names, now, log);
    CHECK(log.count("") == 0);
    for (int visitor = 0; visitor < 1'000; ++visitor) {
        state.failed(names, "Connection refused", now += 100ms, log);
    }
    CHECK(log.count("the backend of a service can not be reached service=app backend=127.0.0.1:9") == 1);
    CHECK(log.count("a visitor was refused") == 999);
    state.answered(names, now, log);
    state.answered(names, now, log);
    CHECK(log.count("can be reached again service=app backend=127.0.0.1:9 visitors_refused=1000 seconds=99") == 1);
}

TEST_CASE("a backend that fails every other visitor gets two lines in ten seconds") {
    test::LogBook log;
    BackendState state;
    const std::string service = "app";
    const std::string backend = "127.0.0.1:9";
    const BackendState::Names names{service, backend};
    TimePoint now = TimePoint{} + 1h;
    for (int visitor = 0; visitor < 200; ++visitor, now += 50ms) {  // for ten seconds
        state.failed(names, "Connection refused", now, log);
        state.answered(names, now, log);
    }
    CHECK(log.count("can not be reached service") == 1);
    CHECK(log.count("can be reached again") == 1);
    state.failed(names, "Connection refused", now, log);
    CHECK(log.count("can not be reached service") == 2);
}
