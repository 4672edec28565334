#include "runtime/step_loop.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/intrusive_ptr.hpp"

using namespace ferrotunnel;

namespace {

struct Stepper final : RefCounted {
    explicit Stepper(std::function<void(Stepper&, int)> step, bool* end = nullptr)
        : on_step(std::move(step)), gone(end) {}
    ~Stepper() override {
        if (gone != nullptr) {
            *gone = true;
        }
    }

    void run() {
        steps.run(
            this, [this] { on_step(*this, ++count); }, [this](const std::exception& problem) { what = problem.what(); },
            [this] { return !over; });
    }

    runtime::StepLoop steps;
    std::function<void(Stepper&, int)> on_step;
    int count = 0;
    bool over = false;
    bool* gone;
    std::string what;
};

}  // namespace

TEST_CASE("A step that asks for another one from within gets it when it is over", "[runtime][step_loop]") {
    std::vector<int> order;
    const auto stepper = make_intrusive<Stepper>([&](Stepper& self, int number) {
        CHECK(self.steps.is_running());
        if (number < 3) {
            self.run();
            self.run();  // twice asked is one step
        }
        order.push_back(number);
    });
    stepper->run();
    CHECK(order == std::vector<int>{1, 2, 3});
    CHECK_FALSE(stepper->steps.is_running());
    stepper->run();
    CHECK(stepper->count == 4);
}

TEST_CASE("Steps can be asked for without a call, and end with their owner's state", "[runtime][step_loop]") {
    const auto stepper = make_intrusive<Stepper>([](Stepper& self, int number) {
        self.steps.request_rerun();
        self.over = number == 5;
    });
    stepper->run();
    CHECK(stepper->count == 5);
}

TEST_CASE("A step that throws is told, and does not keep the next one from running", "[runtime][step_loop]") {
    const auto stepper = make_intrusive<Stepper>([](Stepper& self, int number) {
        if (number == 1) {
            self.run();
            throw std::runtime_error("no memory");
        }
    });
    stepper->run();
    CHECK(stepper->what == "no memory");
    CHECK(stepper->count == 2);
    stepper->run();
    CHECK(stepper->count == 3);
}

TEST_CASE("The owner lives until its last step is over", "[runtime][step_loop]") {
    bool gone = false;
    IntrusivePtr<Stepper> stepper;
    stepper = make_intrusive<Stepper>(
        [&](Stepper& self, int number) {
            stepper = nullptr;
            CHECK_FALSE(gone);
            if (number == 1) {
                self.run();
            }
        },
        &gone);
    stepper->run();
    CHECK(gone);
}
