// Intervals and timeouts of client and server.
#pragma once

#include <chrono>

namespace ferrotunnel {

/// Intervals and timeouts. The defaults suit the internet; tests make them short. All must be above zero.
struct Timing {
    /// A trunk is pinged after this long without traffic.
    std::chrono::milliseconds ping_interval{15'000};
    /// A trunk counts as lost after this long without a received byte. At least three times `ping_interval`.
    std::chrono::milliseconds dead_interval{45'000};
    /// A trunk counts as lost if it accepts no bytes for this long while some are queued.
    std::chrono::milliseconds write_timeout{30'000};
    /// Time limit of one attempt to connect, do the TLS handshake and log in.
    std::chrono::milliseconds handshake_timeout{10'000};
    /// A visitor is rejected if its backend does not answer for this long.
    std::chrono::milliseconds open_timeout{20'000};
    /// Client: the wait before an attempt to reconnect is drawn at random from [first, ceiling]; the ceiling begins at
    /// twice `first` and doubles up to `max`. After the server has announced its end, the first wait is at most 200 ms,
    /// and the second 200 to 600 ms.
    std::chrono::milliseconds reconnect_first{500};
    std::chrono::milliseconds reconnect_max{30'000};

    friend bool operator==(const Timing&, const Timing&) = default;
};

}  // namespace ferrotunnel
