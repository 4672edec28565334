// A link between two network namespaces that is as long, as thin and as lossy as it is told to be: for kernels without
// netem. It makes a device in each namespace and carries packets between them until SIGTERM, then prints what it did.
//
//   link_emulator --left NAMESPACE=ADDRESS --right NAMESPACE=ADDRESS [--device NAME] [--rtt MS] [--rate BYTES/S]
//                 [--queue BYTES] [--loss PERCENT] [--seed N]
//
// Prints "ready" when the link is up. Both directions have the same properties and share nothing; --queue is the room
// before the line of each, one bandwidth-delay product (at least 64 KiB) when it is not given.
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "link_direction.hpp"
#include "socket.hpp"
#include "tun_device.hpp"

namespace {

using namespace e2e;
using namespace std::chrono_literals;

// A super-packet and its header.
constexpr std::size_t packet_bytes_max = 66'000;
// How many packets are read from one device before those that have arrived are delivered.
constexpr int reads_per_turn = 64;

volatile sig_atomic_t ended = 0;

struct Settings {
    TunPlace left;
    TunPlace right;
    std::string device = "link0";
    LinkSettings link;
};

TunPlace parse_place(const std::string& text) {
    const std::size_t at = text.find('=');
    if (at == std::string::npos) {
        die("expected NAMESPACE=ADDRESS: " + text);
    }
    return {text.substr(0, at), text.substr(at + 1), {}};
}

Settings parse(const std::vector<std::string>& words) {
    Settings settings;
    LinkSettings& link = settings.link;
    if (words.size() % 2 != 0) {
        die("every option has a value; see the top of link_emulator.cpp");
    }
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const std::string& value = words[i + 1];
        if (words[i] == "--left") {
            settings.left = parse_place(value);
        } else if (words[i] == "--right") {
            settings.right = parse_place(value);
        } else if (words[i] == "--device") {
            settings.device = value;
        } else if (words[i] == "--rtt") {
            link.delay = std::chrono::nanoseconds(std::llround(std::stod(value) * 1e6 / 2));
        } else if (words[i] == "--rate") {
            link.bytes_per_second = std::stod(value);
        } else if (words[i] == "--queue") {
            link.queue_bytes = parse_number(value);
        } else if (words[i] == "--loss") {
            link.loss = std::stod(value) / 100;
        } else if (words[i] == "--seed") {
            link.seed = parse_number(value);
        } else {
            die("no such option: " + words[i]);
        }
    }
    if (link.queue_bytes == 0) {
        const double product = link.bytes_per_second * std::chrono::duration<double>(2 * link.delay).count();
        link.queue_bytes = std::max<std::size_t>(static_cast<std::size_t>(product), 64 * 1024);
    }
    settings.left.peer = settings.right.address;
    settings.right.peer = settings.left.address;
    return settings;
}

// Carries packets from the device at one end to the device at the other.
class Carrier {
public:
    Carrier(const Socket& from, const Socket& to, const LinkSettings& settings)
        : from_(from), to_(to), direction_(settings) {}

    /// False when there may be more to read.
    bool take() {
        std::array<std::uint8_t, packet_bytes_max> buffer;
        for (int i = 0; i < reads_per_turn; ++i) {
            const ssize_t n = ::read(from_.get(), buffer.data(), buffer.size());
            if (n <= 0) {
                return true;
            }
            direction_.offer({buffer.data(), static_cast<std::size_t>(n)}, LinkClock::now());
        }
        return false;
    }

    void deliver() {
        for (auto now = LinkClock::now(); direction_.next() <= now; direction_.pop()) {
            const double late = std::chrono::duration<double, std::milli>(now - direction_.next()).count();
            late_max_ = std::max(late_max_, late);
            late_sum_ += late;
            ++delivered_;
            const std::vector<std::uint8_t>& bytes = direction_.front();
            refused_ += ::write(to_.get(), bytes.data(), bytes.size()) < 0 ? 1 : 0;
        }
    }

    LinkClock::time_point next() const { return direction_.next(); }

    void print(const char* name) const {
        const LinkDirection::Counts& counts = direction_.counts();
        const double writes = std::max(static_cast<double>(delivered_), 1.0);
        std::printf(
            "%s packets=%llu bytes=%llu lost=%llu overflowed=%llu refused=%llu queued_max=%.0f "
            "per_write=%.1f late_ms=%.3f late_ms_max=%.3f\n",
            name, static_cast<unsigned long long>(counts.packets), static_cast<unsigned long long>(counts.bytes),
            static_cast<unsigned long long>(counts.lost), static_cast<unsigned long long>(counts.overflowed),
            static_cast<unsigned long long>(refused_), counts.queued_max, static_cast<double>(counts.packets) / writes,
            late_sum_ / writes, late_max_);
    }

private:
    const Socket& from_;
    const Socket& to_;
    LinkDirection direction_;
    std::uint64_t delivered_ = 0;  // counts writes, each of a train
    std::uint64_t refused_ = 0;    // writes that the device has refused
    double late_sum_ = 0;          // milliseconds after the time at which a train should have arrived
    double late_max_ = 0;
};

// Asks to run before other programs: a link does not wait for a processor. Where this is not allowed the emulator is
// merely less exact.
void come_first() {
    sched_param priority{};
    priority.sched_priority = 1;
    (void)::sched_setscheduler(0, SCHED_RR, &priority);
    (void)::prctl(PR_SET_TIMERSLACK, 1UL);
}

void carry(const Socket& left, const Socket& right, const Settings& settings) {
    LinkSettings back = settings.link;
    back.seed += 1'000'003;
    Carrier there(left, right, settings.link);
    Carrier here(right, left, back);
    std::array<pollfd, 2> devices{{{left.get(), POLLIN, 0}, {right.get(), POLLIN, 0}}};
    sigset_t none;
    sigemptyset(&none);
    while (ended == 0) {
        const bool all_read = there.take() & here.take();
        there.deliver();
        here.deliver();
        std::chrono::nanoseconds wait = 1s;
        const LinkClock::time_point next = std::min(there.next(), here.next());
        if (next != LinkClock::time_point::max()) {
            wait = std::clamp<std::chrono::nanoseconds>(next - LinkClock::now(), 0ns, wait);
        }
        const timespec timeout{all_read ? wait / 1s : 0, all_read ? (wait % 1s).count() : 0};
        (void)::ppoll(devices.data(), devices.size(), &timeout, &none);
    }
    there.print("left_to_right");
    here.print("right_to_left");
}

}  // namespace

int main(int argc, char** argv) {
    const Settings settings = parse({argv + 1, argv + argc});
    // Signals are taken only while it waits.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    (void)::sigprocmask(SIG_BLOCK, &ends, nullptr);
    for (const int number : {SIGTERM, SIGINT}) {
        (void)::signal(number, [](int) { ended = 1; });
    }
    const Socket left = open_tun(settings.left, settings.device);
    const Socket right = open_tun(settings.right, settings.device);
    std::printf("ready\n");
    std::fflush(stdout);
    come_first();
    carry(left, right, settings);
    return 0;
}
