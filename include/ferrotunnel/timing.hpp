// How patient client and server are.
#pragma once

#include <chrono>

namespace ferrotunnel {

/// Intervals and deadlines. The defaults suit the internet; tests make them short. All must be above zero.
struct Timing {
    /// A trunk that has been quiet for this long is pinged.
    std::chrono::milliseconds ping_interval{15'000};
    /// A trunk without a byte received for this long is dead. At least three times `ping_interval`.
    std::chrono::milliseconds dead_interval{45'000};
    /// A trunk that takes nothing for this long while something is queued is dead.
    std::chrono::milliseconds write_timeout{30'000};
    /// How long one attempt may take to connect, do the TLS handshake and log in.
    std::chrono::milliseconds handshake_timeout{10'000};
    /// A visitor whose backend does not answer for this long is rejected.
    std::chrono::milliseconds open_timeout{20'000};
    /// Client: the wait before an attempt to reconnect is drawn at random from [first, ceiling]; the ceiling begins at
    /// twice `first` and doubles up to `max`. After a goodbye of the server the first wait is at most 200 ms, and the
    /// second 200 to 600 ms.
    std::chrono::milliseconds reconnect_first{500};
    std::chrono::milliseconds reconnect_max{30'000};

    friend bool operator==(const Timing&, const Timing&) = default;
};

}  // namespace ferrotunnel
