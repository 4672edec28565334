#include "settings/common.hpp"

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "net/host_port.hpp"
#include "settings/dashboard.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::string_view timing_topic = "Timing, for unusual networks and for tests";

constexpr std::uint64_t resume_ms_max =
    std::chrono::duration_cast<std::chrono::milliseconds>(limits::resume_max).count();

constexpr Setting<CommonValues> settings_of_both[] = {
    {{.key = "allow_weak_token",
      .form = Form::on_off,
      .option = "allow-weak-token",
      .topic = tunnel_topic,
      .help = "Accept weak tokens (not made by `ferrotunnel token`), even between different machines.",
      .is_live = true},
     &CommonValues::allow_weak_token},
    {{.key = "tls",
      .form = Form::on_off,
      .option = "tls",
      .operand = "on|off",
      .topic = tunnel_topic,
      .help = "`off`: no encryption; must be off on both sides. Anyone on the network path can then read and modify "
              "all traffic."},
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
      .help = "Memory for visitors' bytes, such as 512MiB. When it runs short, connections of visitors that do not "
              "read are closed with a reset. 0: the default.",
      .default_text = "a quarter of the memory of the machine or container"},
     &CommonValues::memory_max},
    {{.key = "resume",
      .form = Form::time,
      .max = resume_ms_max,
      .option = "resume",
      .operand = "TIME",
      .topic = running_topic,
      .brief = "Keep visitors for this time while reconnecting (default 0)",
      .help = "How long visitors wait while a lost tunnel connection is restored, such as 30s. Both sides must set it, "
              "and the shorter time applies. 0: no wait; their connections are closed with a reset."},
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
                      "$XDG_RUNTIME_DIR/ferrotunnel (no default in the C++ API)"},
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

constexpr Setting<Timing> times_of_both[]{
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

constexpr Setting<Timing> times_of_clients[]{
    patience(
        "reconnect_first", "reconnect-first", &Timing::reconnect_first,
        "Shortest wait between attempts. Waits are drawn at random: at first up to twice this time, then up to longer "
        "and longer ones. After the server has announced its end, the first wait is at most 0.2 s, and the next seven "
        "(with `attempts`, the next one) at most 0.6 s."),
    patience("reconnect_max", "reconnect-max", &Timing::reconnect_max, "Longest wait between attempts."),
};

// Prometheus itself uses 9090, and its exporters many ports above; clients connect to 7835.
constexpr std::uint16_t usual_metrics_port = 7836;

void check_timing(const Timing& timing, std::vector<Problem>& problems) {
    check_bounds(timing_place, timing_settings(), timing, problems);
    check_bounds(timing_place, reconnect_settings(), timing, problems);
    if (timing.dead_interval < 3 * timing.ping_interval) {
        problems.push_back({"timing.dead_interval", "must be at least three times ping_interval"});
    }
    if (timing.reconnect_max > timing.reconnect_max.zero() && timing.reconnect_max < timing.reconnect_first) {
        problems.push_back({"timing.reconnect_max", "must not be below reconnect_first"});
    }
}

}  // namespace

std::span<const Setting<CommonValues>> common_settings() noexcept {
    return settings_of_both;
}

std::span<const Setting<Timing>> timing_settings() noexcept {
    return times_of_both;
}

std::span<const Setting<Timing>> reconnect_settings() noexcept {
    return times_of_clients;
}

runtime::SocketAddress metrics_address(std::string_view setting) {
    if (setting.empty() || setting == metrics_off) {
        return {};
    }
    auto place = net::parse_host_port(setting == metrics_usual ? "127.0.0.1" : setting, usual_metrics_port);
    if (place && place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    const auto at = place ? runtime::SocketAddress::from_ip(*place) : std::nullopt;
    return at.value_or(runtime::SocketAddress());
}

std::optional<std::string> metrics_fault(const std::string& text) {
    if (text == metrics_off || !metrics_address(text).empty()) {
        return std::nullopt;
    }
    return net::quoted_address_fault(text, "is not a valid address to listen on; expected one like 127.0.0.1:7836");
}

void check_readable(const char* key, const std::string& path, std::vector<Problem>& problems) {
    if (::access(path.c_str(), R_OK) != 0) {
        problems.push_back(
            {key, "cannot read the file " + in_quotes(path) + ": " + std::generic_category().message(errno)});
    }
}

void check_common(const CommonValues& settings, const Attached& attached, std::vector<Problem>& problems) {
    if (attached.run_on != nullptr && settings.workers != 0) {
        problems.push_back({"workers", "cannot be combined with run_on, which uses the thread of the io_context"});
    }
    check_bounds({}, common_settings(), settings, problems);
    const auto check_address = [&problems](const char* key, const std::string& text, auto fault_of) {
        if (const auto fault = text.empty() ? std::nullopt : fault_of(text)) {
            problems.push_back({key, *fault});
        }
    };
    check_address("metrics", settings.metrics, metrics_fault);
    check_address("dashboard", settings.dashboard, dashboard_fault);
    check_dashboard(settings, problems);
    if (settings.resume.count() != 0 && settings.resume < limits::resume_min) {
        problems.push_back({"resume", "must be 0 or at least 5s: a lost connection is noticed after a third of it"});
    }
    for (const auto& [key, file] :
         {std::pair{"dashboard_tls", &settings.dashboard_chain}, std::pair{"dashboard_tls", &settings.dashboard_key}}) {
        if (!file->empty()) {
            check_readable(key, *file, problems);
        }
    }
    check_timing(settings.timing, problems);
}

}  // namespace ferrotunnel::detail
