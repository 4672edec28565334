#include "trunk/traffic.hpp"

#include <catch2/catch.hpp>

using ferrotunnel::trunk::Traffic;

TEST_CASE("visitors count up to the whole process, bytes as far as one worker counts them", "[traffic]") {
    auto process = make_intrusive<Traffic>(Traffic::Of::all_workers);
    auto trunk = make_intrusive<Traffic>();
    auto service = make_intrusive<Traffic>();
    trunk->total = process;
    service->total = trunk;

    service->opened();
    service->opened();
    service->stopped_sending();
    service->closed();
    service->passed_on();
    for (const auto& each : {service, trunk, process}) {
        CHECK(each->visitors == 1);
        CHECK(each->visitors_now == 1);
        CHECK(each->sending_now == 1);
    }

    service->moved(&Traffic::from_sockets, 100);
    service->moved(&Traffic::to_sockets, 7);
    service->moved(&Traffic::from_sockets, 1);
    for (const auto& each : {service, trunk}) {
        CHECK(each->from_sockets.load() == 101);
        CHECK(each->to_sockets.load() == 7);
    }
    // Every worker would write to it, with every read and write: TrafficRegistry sums up sessions instead.
    CHECK(process->from_sockets.load() == 0);
    CHECK(process->to_sockets.load() == 0);
}
