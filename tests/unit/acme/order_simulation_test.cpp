// Orders at a CA that fails at random, by a driver that is killed at random: FERROTUNNEL_SEEDS in the environment
// changes how many seeds run.
//
// Each task ends, places at most one order, and its chain is the one that was ordered. When CA and driver are well
// again, the name has its certificate after few attempts.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "acme/order_task.hpp"
#include "order_driver.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::acme {
namespace {

using Saved = FailedStep::SavedOrder;
using test::SeededRandom;

constexpr unsigned seeds_usual = 100;
constexpr unsigned sick_attempts = 6;
constexpr unsigned healthy_attempts = 3;
constexpr unsigned steps_max = 2'000;

unsigned seeds_wanted() {
    const char* const wanted = std::getenv("FERROTUNNEL_SEEDS");
    return wanted == nullptr ? seeds_usual : static_cast<unsigned>(std::strtoul(wanted, nullptr, 10));
}

class OrderWorld {
public:
    explicit OrderWorld(std::uint64_t seed) : random_(seed), order_(random_order()) {
        order_.ca.before = [this](const HttpCall&, std::string_view) { return instead_of_call(); };
        order_.ca.after = [this](HttpReply& reply, std::string_view) { spoil(reply); };
        faults_percent_ = random_.between(0, 25);
        kills_percent_ = random_.between(0, 10);
    }

    void run() {
        for (unsigned attempt = 0; attempt < sick_attempts; ++attempt) {
            choose_settings();
            try_once();
        }
        faults_percent_ = kills_percent_ = 0;
        order_.ca.settings = FakeCa::Settings{};
        for (unsigned attempt = 0; attempt < healthy_attempts && !is_done_; ++attempt) {
            try_once();
        }
        REQUIRE(is_done_);
    }

private:
    OrderSettings random_order() {
        OrderSettings settings =
            random_.chance(50)
                ? order_of({"a.example.com"}, {Way::tls_alpn_01, Way::http_01, Way::dns_persist_01})
                : order_of({"example.com", "*.example.com"}, {Way::dns_persist_01, Way::dns_01, Way::http_01});
        settings.replaces = random_.chance(50) ? "aaa.bbb" : "";
        return settings;
    }

    void choose_settings() {
        FakeCa::Settings& settings = order_.ca.settings;
        settings = FakeCa::Settings{};
        settings.polls = static_cast<unsigned>(random_.between(1, 5));
        settings.refuses_replaces = random_.chance(30);
        settings.bad_nonces = static_cast<unsigned>(random_.below(8));
        settings.gives_no_nonce = random_.chance(20);
        settings.has_wrong_key = random_.chance(10);
        settings.has_wrong_name = random_.chance(10);
        settings.has_no_issuer = random_.chance(10);
        if (random_.chance(20)) {
            settings.cannot_validate = {Way::tls_alpn_01, Way::dns_persist_01};
        }
        if (random_.chance(5)) {
            order_.ca.forget_accounts();
        }
        if (random_.chance(5)) {
            order_.ca.forget_orders();
        }
    }

    std::optional<HttpReply> instead_of_call() {
        if (!random_.chance(faults_percent_)) {
            return {};
        }
        HttpReply reply;
        reply.status = random_.chance(50) ? 0 : random_.chance(50) ? 503 : 429;
        reply.error = reply.status == 0 ? "connection reset" : "";
        return reply;
    }

    void spoil(HttpReply& reply) {
        if (!random_.chance(faults_percent_)) {
            return;
        }
        switch (random_.below(4)) {
            case 0:
                reply = HttpReply{};
                reply.error = "timeout";
                return;
            case 1:
                reply.body.resize(random_.below(reply.body.size() + 1));
                return;
            case 2:
                reply.location.clear();
                return;
            default:
                if (!reply.body.empty()) {
                    reply.body[random_.below(reply.body.size())] = static_cast<char>(random_.below(256));
                }
        }
    }

    // One task, which may be killed.
    void try_once() {
        const std::size_t placed_before = order_.ca.new_orders.size();
        const std::size_t orders_before = order_.ca.orders_made();
        OrderTask task(order_.settings, order_.account, *key_, order_.driver.now());
        unsigned steps = 0;
        while (!OrderDriver::is_over(task) && !random_.chance(kills_percent_)) {
            REQUIRE(++steps < steps_max);
            order_.driver.carry_out(task);
            remember();
        }
        order_.ca.published.clear();
        REQUIRE(order_.ca.orders_made() - orders_before <= 1);
        REQUIRE(order_.ca.new_orders.size() - placed_before <= (order_.settings.replaces.empty() ? 1 : 2));
        order_.driver.advance(std::chrono::minutes(1));
        if (const auto* const done = std::get_if<DoneStep>(&task.step())) {
            finish(*done);
        } else if (const auto* const failed = std::get_if<FailedStep>(&task.step())) {
            REQUIRE_FALSE(failed->problem.text.empty());
            if (failed->saved_order != Saved::keep) {
                forget_order();
            }
        }
    }

    // What a driver writes to files.
    void remember() { order_.resume(); }

    void forget_order() {
        order_.driver.order_url.clear();
        order_.settings.resume_order.clear();
        key_ = Key::make();
    }

    void finish(const DoneStep& done) {
        is_done_ = true;
        const auto chain = check_chain(done.chain.pem, order_.settings.names, *key_, order_.driver.now());
        REQUIRE(chain);
        forget_order();
    }

    SeededRandom random_;
    OneOrder order_;
    std::optional<Key> key_ = Key::make();
    std::uint64_t faults_percent_ = 0;
    std::uint64_t kills_percent_ = 0;
    bool is_done_ = false;
};

TEST_CASE("orders while CA and driver fail at random", "[acme]") {
    const unsigned seeds = seeds_wanted();
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        INFO("seed " << seed);
        OrderWorld(seed).run();
    }
}

}  // namespace
}  // namespace ferrotunnel::acme
