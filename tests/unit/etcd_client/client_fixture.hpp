// A client of etcd in the test's own loop.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "etcd_client/client.hpp"
#include "unit/runtime/own_loop.hpp"

namespace ferrotunnel::etcd::test {

/// Always zeros: the first endpoint goes first.
class ZeroRandom final : public Random {
public:
    void fill(MutableBytes out) override {
        for (auto& byte : out) {
            byte = 0;
        }
    }
};

class ClientFixture {
public:
    void begin(const Settings& settings, std::vector<fetch::Destination> to) {
        client = std::make_unique<Client>(loop.worker, settings, std::move(to), random);
    }

    /// `start` begins a call with the given callback; waits for its result.
    template <typename Answer>
    Result<Answer, Fault> result_of(const std::function<void(Client::Done<Answer>)>& start) {
        std::optional<Result<Answer, Fault>> result;
        start([&result](const Result<Answer, Fault>& answer) { result.emplace(answer); });
        CHECK_FALSE(result);  // never at once
        REQUIRE(loop.run_until([&] { return idle() && result.has_value(); }));
        return *result;
    }
    Result<ReadAnswer, Fault> read(const Read& request) {
        return result_of<ReadAnswer>([&](auto done) { client->read(request, std::move(done)); });
    }
    Result<TransactionAnswer, Fault> transact(const Transaction& request) {
        return result_of<TransactionAnswer>([&](auto done) { client->transact(request, std::move(done)); });
    }

    /// What else the test does while it waits: true.
    std::function<bool()> idle = [] { return true; };
    runtime::test::OwnLoop loop;
    ZeroRandom random;
    std::unique_ptr<Client> client;
};

/// What a watch has reported.
struct WatchLog {
    WatchRun::Handlers handlers() {
        return {[this] { has_begun = true; },
                [this](WatchBatch batch) {
                    seen = batch.revision;
                    for (WatchEvent& event : batch.events) {
                        events.push_back(std::move(event));
                    }
                },
                [this](const Fault& fault) { ended = fault; }};
    }

    bool has_begun = false;
    Revision seen = 0;
    std::vector<WatchEvent> events{};
    std::optional<Fault> ended{};
};

}  // namespace ferrotunnel::etcd::test
