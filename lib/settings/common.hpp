// Settings that server and client have in common.
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

/// The problem of a value of `metrics`; empty if it is valid.
std::optional<std::string> metrics_fault(const std::string& text);

/// The problem of a value of `dashboard`; empty if it is valid.
std::optional<std::string> dashboard_fault(const std::string& text);
struct CommonValues;
/// Checks the keys of the dashboard together.
void check_dashboard(const CommonValues& settings, std::vector<Problem>& problems);

/// The values that both sides have; comparable, to detect changes.
struct CommonValues {
    std::uint64_t workers = 0;           // 0: one per core
    std::uint64_t busy_poll = 0;         // microseconds
    std::uint64_t memory_max = 0;        // 0: a share of the machine's memory
    std::chrono::milliseconds resume{};  // 0: sessions end with their connection
    std::uint64_t resume_memory = limits::resume_memory_usual;
    bool allow_weak_token = false;
    bool tls = true;
    std::string control;    // a path, control_usual or control_off; empty: not set
    std::string metrics;    // an address, metrics_usual or metrics_off; empty: not set
    std::string dashboard;  // an address, dashboard_usual or dashboard_off; empty: not set
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
inline constexpr Choice control_keywords[] = {{control_off}, {control_usual}};

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
      .help = "Accept tokens that a person made up, even between different machines.",
      .is_live = true},
     &CommonValues::allow_weak_token},
    {{.key = "tls",
      .form = Form::on_off,
      .option = "tls",
      .operand = "on|off",
      .topic = tunnel_topic,
      .help = "`off`: no encryption; must be off on both sides. Anyone on the network path can then read and modify "
              "all traffic.",
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
          "Microseconds for which a thread that was busy polls for more work before it sleeps, while no other thread "
          "needs its processor; 0: it sleeps at once."},
     &CommonValues::busy_poll},
    {{.key = "memory_max",
      .form = Form::size,
      .min = limits::memory_min,
      .max = limits::memory_settable_max,
      .zero_is_default = true,
      .option = "memory-max",
      .operand = "SIZE",
      .topic = running_topic,
      .help = "Memory for visitors' bytes, such as 512MiB. When it runs short, visitors that do not read are reset. 0: "
              "the default.",
      .default_text = "a quarter of the memory of the machine or container"},
     &CommonValues::memory_max},
    {{.key = "resume",
      .form = Form::time,
      .max = resume_ms_max,
      .option = "resume",
      .operand = "TIME",
      .topic = running_topic,
      .brief = "Keep visitors for this time while reconnecting (default 0)",
      .help = "How long visitors wait, instead of being reset, while a lost tunnel connection is restored, such as "
              "30s. Both sides must set it, and the shorter time applies. 0: no wait."},
     &CommonValues::resume},
    {{.key = "resume_memory",
      .form = Form::size,
      .min = limits::resume_memory_min,
      .max = limits::resume_memory_max,
      .option = "resume-memory",
      .operand = "SIZE",
      .topic = running_topic,
      .help = "With `resume`: memory of each connection for bytes that the other side has not confirmed. A fast "
              "connection over a long distance needs as much as it has in flight."},
     &CommonValues::resume_memory},
    {{.key = "control",
      .form = Form::path,
      .choices = control_keywords,
      .option = "control",
      .operand = "PATH|off",
      .topic = running_topic,
      .type = "path, `default` or `off`",
      .help = "Path of the socket through which `ferrotunnel status` and other commands reach this program; "
              "docs/control.md describes it for programs of your own.",
      .default_text = "server.sock or client.sock in $RUNTIME_DIRECTORY, /run/ferrotunnel (root) or "
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
      .help = "Listen address for Prometheus metrics (/metrics) and for probes of liveness and readiness (/healthz, "
              "/readyz). There is no login; `default` is 127.0.0.1:7836.",
      .default_text = "none"},
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
          "Listen address of the dashboard for a browser. `default` is 127.0.0.1:7837 for a server and 127.0.0.1:4040 "
          "for a client, or the next free port. A loopback address admits this program's user and root; one that other "
          "machines can reach needs dashboard_token_file and dashboard_tls_cert.",
      .default_text = "none; `default` for a client that is started at a terminal without a file"},
     &CommonValues::dashboard},
    {{.key = "dashboard_token_file",
      .form = Form::path,
      .option = "dashboard-token-file",
      .operand = "FILE",
      .topic = running_topic,
      .help = "File with a secret by which users of the dashboard log in, from any machine and as any user; "
              "`ferrotunnel token` makes one."},
     &CommonValues::dashboard_token_file},
    {{.key = "dashboard_tls_cert",
      .form = Form::path,
      .option = "dashboard-tls-cert",
      .operand = "FILE",
      .topic = running_topic,
      .help = "Certificate chain for TLS of the dashboard, PEM.",
      .call = "dashboard_tls",
      .problem = "dashboard_tls"},
     &CommonValues::dashboard_chain},
    {{.key = "dashboard_tls_key",
      .form = Form::path,
      .option = "dashboard-tls-key",
      .operand = "FILE",
      .topic = running_topic,
      .help = "Private key of the certificate, PEM.",
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
    patience("ping_interval", "ping-interval", &Timing::ping_interval,
             "A tunnel connection is pinged after this long "
             "without traffic."),
    patience("dead_interval", "dead-interval", &Timing::dead_interval,
             "A tunnel connection counts as lost after this long without any answer."),
    patience("write_timeout", "write-timeout", &Timing::write_timeout,
             "A tunnel connection counts as lost after accepting no bytes for this long."),
    patience("handshake_timeout", "handshake-timeout", &Timing::handshake_timeout,
             "Time limit for connecting, TLS and login together."),
    patience("open_timeout", "open-timeout", &Timing::open_timeout,
             "A visitor is rejected if its service does not answer for this long."),
};

/// The times of clients only, in addition to timing_settings.
inline constexpr Setting<Timing> reconnect_settings[]{
    patience(
        "reconnect_first", "reconnect-first", &Timing::reconnect_first,
        "Shortest wait between attempts. Waits are drawn at random: at first up to twice this time, then up to longer "
        "and longer ones. After the server has announced its end, the first wait is at most 0.2 s, and the next seven "
        "(with `attempts`, the next one) at most 0.6 s."),
    patience("reconnect_max", "reconnect-max", &Timing::reconnect_max, "Longest wait between attempts."),
};

}  // namespace ferrotunnel::detail
