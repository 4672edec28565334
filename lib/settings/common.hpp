// The settings that server and client have in common.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/timing.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

/// What is wrong with a value of `metrics`; nothing: it can be used.
std::optional<std::string> metrics_fault(const std::string& text);

/// The same of `dashboard`.
std::optional<std::string> dashboard_fault(const std::string& text);
struct CommonValues;
/// What is wrong with the keys of the dashboard together.
void check_dashboard(const CommonValues& settings, std::vector<Problem>& problems);

/// The values that both sides have. Two of them can be compared, to tell what has changed.
struct CommonValues {
    std::uint64_t workers = 0;           // 0: one per core
    std::uint64_t busy_poll = 0;         // microseconds
    std::uint64_t memory_max = 0;        // 0: a share of the machine's memory
    std::chrono::milliseconds resume{};  // 0: sessions end with their connection
    std::uint64_t resume_memory = limits::resume_memory_usual;
    bool allow_weak_token = false;
    bool tls = true;
    std::string control;    // a path, control_usual or control_off; empty: nobody has set it
    std::string metrics;    // an address, metrics_usual or metrics_off; empty: nobody has set it
    std::string dashboard;  // an address, dashboard_usual or dashboard_off; empty: nobody has set it
    std::string dashboard_token_file;
    std::string dashboard_chain;
    std::string dashboard_key;
    Timing timing;
    LogLevel log_level = LogLevel::info;

    friend bool operator==(const CommonValues&, const CommonValues&) = default;
};

/// The words that `control` may have instead of a path.
inline constexpr std::string_view control_off = "off";
inline constexpr std::string_view control_usual = "default";
inline constexpr Choice control_words[] = {{control_off}, {control_usual}};

/// The words that `metrics` may have instead of an address.
inline constexpr std::string_view metrics_off = "off";
inline constexpr std::string_view metrics_usual = "default";

/// The words that `dashboard` may have instead of an address.
inline constexpr std::string_view dashboard_off = "off";
inline constexpr std::string_view dashboard_usual = "default";

inline constexpr std::string_view running_topic = "Running";
inline constexpr std::string_view tunnel_topic = "Tunnel connections";
inline constexpr std::string_view timing_topic = "Timing, for unusual networks and for tests";

inline constexpr std::uint64_t resume_ms_max =
    std::chrono::duration_cast<std::chrono::milliseconds>(limits::resume_max).count();

inline constexpr Setting<CommonValues> common_settings[] = {
    {{.key = "allow_weak_token",
      .form = Form::on_off,
      .option = "allow-weak-token",
      .topic = tunnel_topic,
      .help = "Take tokens that a person made up, also beyond this machine.",
      .is_live = true},
     &CommonValues::allow_weak_token},
    {{.key = "tls",
      .form = Form::on_off,
      .option = "tls",
      .operand = "on|off",
      .topic = tunnel_topic,
      .help = "`off`: no encryption, on both sides; anybody in between can read and take over everything.",
      .call = "tls_off"},
     &CommonValues::tls},
    {{.key = "workers",
      .form = Form::number,
      .max = limits::workers_max,
      .option = "workers",
      .operand = "N",
      .topic = running_topic,
      .help = "Threads; 0: one per core."},
     &CommonValues::workers},
    {{.key = "busy_poll",
      .form = Form::number,
      .max = limits::busy_poll_max,
      .option = "busy-poll",
      .operand = "N",
      .topic = running_topic,
      .help =
          "Microseconds for which a thread that has just been busy looks for more work before it sleeps, as long as "
          "nobody else wants its processor; 0: it sleeps at once."},
     &CommonValues::busy_poll},
    {{.key = "memory_max",
      .form = Form::size,
      .min = limits::memory_min,
      .max = limits::memory_settable_max,
      .zero_is_default = true,
      .option = "memory-max",
      .operand = "SIZE",
      .topic = running_topic,
      .help = "Memory for visitors' bytes, like 512MiB; where it is short, visitors who do not read are reset. 0: the "
              "default.",
      .otherwise = "a quarter of what the machine or the container has"},
     &CommonValues::memory_max},
    {{.key = "resume",
      .form = Form::time,
      .max = resume_ms_max,
      .option = "resume",
      .operand = "TIME",
      .topic = running_topic,
      .brief = "Keep visitors for this time while reconnecting (default 0)",
      .help = "How long visitors wait, instead of being reset, while a lost connection between client and server is "
              "made again: 30s, say. Both sides must want it, and the shorter time counts. 0: they do not wait."},
     &CommonValues::resume},
    {{.key = "resume_memory",
      .form = Form::size,
      .min = limits::resume_memory_min,
      .max = limits::resume_memory_max,
      .option = "resume-memory",
      .operand = "SIZE",
      .topic = running_topic,
      .help = "With `resume`: what each connection may keep of what the other side has not confirmed; a fast and far "
              "connection needs as much as is on its way."},
     &CommonValues::resume_memory},
    {{.key = "control",
      .form = Form::path,
      .choices = control_words,
      .option = "control",
      .operand = "PATH|off",
      .topic = running_topic,
      .type = "path, `default` or `off`",
      .help = "The socket by which `ferrotunnel status` and other commands ask this program; docs/control.md says how "
              "others do.",
      .otherwise = "server.sock or client.sock in $RUNTIME_DIRECTORY, /run/ferrotunnel (root) or "
                   "$XDG_RUNTIME_DIR/ferrotunnel (the library: none)"},
     &CommonValues::control},
    {{.key = "metrics",
      .form = Form::word,
      .fault = metrics_fault,
      .option = "metrics",
      .operand = "HOST:PORT|default|off",
      .topic = running_topic,
      .brief = "Serve Prometheus metrics (`default`: 127.0.0.1:7836)",
      .type = "IP address with port, `default` or `off`",
      .help =
          "Where Prometheus reads numbers (/metrics), and others whether this program lives and is ready (/healthz, "
          "/readyz). Everybody who can connect may; `default` is 127.0.0.1:7836.",
      .otherwise = "nowhere"},
     &CommonValues::metrics},
    {{.key = "dashboard",
      .form = Form::word,
      .fault = dashboard_fault,
      .option = "dashboard",
      .operand = "HOST:PORT|default|off",
      .topic = running_topic,
      .brief = "Serve the dashboard (`default`: 127.0.0.1:7837, client :4040)",
      .type = "IP address with port, `default` or `off`",
      .help =
          "Where a browser shows what this program does. `default` is 127.0.0.1:7837 of a server and 127.0.0.1:4040 "
          "of a client, or the next free port. On a loopback address it is for this program's user and root; one "
          "that other machines can reach needs dashboard_token_file and dashboard_tls_cert.",
      .otherwise = "nowhere; `default` for a client that is started in a terminal without a file"},
     &CommonValues::dashboard},
    {{.key = "dashboard_token_file",
      .form = Form::path,
      .option = "dashboard-token-file",
      .operand = "FILE",
      .topic = running_topic,
      .help = "Users of the dashboard log in with the secret in this file (`ferrotunnel token` makes one), "
              "whichever user of whichever machine that is."},
     &CommonValues::dashboard_token_file},
    {{.key = "dashboard_tls_cert",
      .form = Form::path,
      .option = "dashboard-tls-cert",
      .operand = "FILE",
      .topic = running_topic,
      .help = "The dashboard speaks TLS with this certificate chain, PEM.",
      .call = "dashboard_tls",
      .problem = "dashboard_tls"},
     &CommonValues::dashboard_chain},
    {{.key = "dashboard_tls_key",
      .form = Form::path,
      .option = "dashboard-tls-key",
      .operand = "FILE",
      .topic = running_topic,
      .help = "The certificate's private key, PEM.",
      .call = "dashboard_tls",
      .problem = "dashboard_tls"},
     &CommonValues::dashboard_key},
};

constexpr Setting<Timing> patience(std::string_view key, std::string_view option, std::chrono::milliseconds Timing::*at,
                                   std::string_view help) {
    return {{.key = key,
             .form = Form::time,
             .min = 1,
             .option = option,
             .operand = "TIME",
             .topic = timing_topic,
             .help = help},
            at};
}

inline constexpr Setting<Timing> timing_settings[]{
    patience("ping_interval", "ping-interval", &Timing::ping_interval, "A quiet connection is pinged after this."),
    patience("dead_interval", "dead-interval", &Timing::dead_interval,
             "One without any answer for this long is given up."),
    patience("write_timeout", "write-timeout", &Timing::write_timeout,
             "One that takes nothing for this long is given up."),
    patience("handshake_timeout", "handshake-timeout", &Timing::handshake_timeout,
             "Connecting, TLS and login together."),
    patience("open_timeout", "open-timeout", &Timing::open_timeout,
             "A visitor whose service does not answer for this long is rejected."),
};

/// The times that only clients have, in addition to timing_settings.
inline constexpr Setting<Timing> reconnect_settings[]{
    patience(
        "reconnect_first", "reconnect-first", &Timing::reconnect_first,
        "The shortest wait between attempts, which is drawn at random: at first up to twice this, then up to more and "
        "more. After a goodbye of the server the first wait is at most 0.2 s, the next seven at most 0.6 s, and with "
        "`attempts` only the next one."),
    patience("reconnect_max", "reconnect-max", &Timing::reconnect_max, "The longest wait between attempts."),
};

}  // namespace ferrotunnel::detail
