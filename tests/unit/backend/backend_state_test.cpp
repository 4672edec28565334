#include "backend/backend.hpp"

#include <catch2/catch.hpp>

#include "backend/limits.hpp"
#include "support/recording_logger.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using namespace std::chrono_literals;

namespace {

/// What is told of one backend.
struct Told {
    void failed(const std::string& why = "Connection refused") { state.failed(names, why, now, log); }
    void answered() { state.answered(names, now, log); }

    ferrotunnel::test::RecordingLogger log;
    BackendState state;
    const std::string service = "app";
    const std::string backend = "127.0.0.1:9";
    const BackendState::Names names{service, backend};
    TimePoint now = TimePoint{} + 1h;
};

}  // namespace

TEST_CASE("a dead backend is told once, its visitors at debug level, and that it is back with their number") {
    Told told;
    told.answered();
    CHECK(told.log.count("") == 0);
    for (int visitor = 0; visitor < 1'000; ++visitor) {
        told.now += 100ms;
        told.failed();
    }
    CHECK(told.log.count("the backend of a service cannot be reached service=app backend=127.0.0.1:9") == 1);
    CHECK(told.log.count("a visitor was rejected") == 999);
    told.answered();
    told.answered();
    CHECK(told.log.count("can be reached again service=app backend=127.0.0.1:9 visitors_refused=1000 seconds=99") == 1);
}

TEST_CASE("a backend that fails every other visitor gets two lines in ten seconds") {
    Told told;
    for (int visitor = 0; visitor < 200; ++visitor, told.now += 50ms) {  // for ten seconds
        told.failed();
        told.answered();
    }
    CHECK(told.log.count("cannot be reached service") == 1);
    CHECK(told.log.count("can be reached again") == 1);
    told.failed();
    CHECK(told.log.count("cannot be reached service") == 2);
}

TEST_CASE("each cause is told once until the backend is back, and so many causes at the most") {
    Told told;
    for (int visitor = 0; visitor < 10; ++visitor) {
        told.failed();
        told.failed("Connection timed out");
    }
    CHECK(told.log.count("cannot be reached service=app backend=127.0.0.1:9 why=Connection refused") == 1);
    CHECK(told.log.count("cannot be reached service=app backend=127.0.0.1:9 why=Connection timed out") == 1);
    for (std::size_t other = 2; other <= limits::backend_causes_max; ++other) {  // one too many
        told.failed("cause " + std::to_string(other));
    }
    CHECK(told.log.count("cannot be reached service") == limits::backend_causes_max);
    told.answered();
    CHECK(told.log.count("visitors_refused=" + std::to_string(20 + limits::backend_causes_max - 1)) == 1);
    told.now += 1min;
    told.failed("Connection timed out");
    told.failed("a new cause");                                  // takes the place of one of before
    CHECK(told.log.count("why=Connection timed out") == 2 + 9);  // debug has each visitor
    CHECK(told.log.count("cannot be reached service") == limits::backend_causes_max + 2);
}
