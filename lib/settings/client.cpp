#include "settings/client.hpp"

#include <utility>

#include "base/limits.hpp"
#include "inspect/limits.hpp"
#include "settings/file.hpp"
#include "settings/secret.hpp"
#include "settings/section_reader.hpp"
#include "settings/service.hpp"
#include "settings/visits.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::uint64_t retry_refused_ms_max = 3'600'000;
constexpr std::uint64_t linger_ms_max = 3'600'000;
constexpr std::uint64_t redundancy_max = 2;  // each server is one more copy of every registration

constexpr std::string_view inspector_topic = "Inspector";
constexpr Choice tls_ca_keywords[] = {{"system"}};

constexpr Setting<ClientValues> settings_of_client[] = {
    {{.key = "server",
      .form = Form::words,
      .option = "server",
      .operand = "HOST[:PORT]",
      .is_repeated = true,
      .topic = tunnel_topic,
      .brief = "Server to connect to (default port 7835)",
      .type = "address, or a list",
      .help = "Address of the server; the default port is 7835. With several, up to 16 or separated by commas: of "
              "servers that are a cluster the client is connected to two, see `redundancy`; of other servers, to the "
              "first that answers. Required.",
      .is_required = true},
     &ClientValues::servers},
    {{.key = "redundancy",
      .form = Form::number,
      .min = 1,
      .max = redundancy_max,
      .option = "redundancy",
      .operand = "N",
      .topic = tunnel_topic,
      .help =
          "Number of servers of a cluster that the client is connected to at the same time, each with "
          "`connections` connections: with 2 its services continue while one of the servers is away. A server alone "
          "is not affected."},
     &ClientValues::redundancy},
    {{.key = "proxy",
      .form = Form::word,
      .option = "proxy",
      .operand = "URL",
      .topic = tunnel_topic,
      .brief = "Proxy to the server (default: HTTPS_PROXY or ALL_PROXY)",
      .type = "URL, `env` or `off`",
      .help =
          "Reach the server through this proxy: http://USER:PASSWORD@HOST:PORT (CONNECT) or socks5://HOST:PORT; the "
          "proxy resolves names. `env`: the one in HTTPS_PROXY or ALL_PROXY, unless NO_PROXY names the server or the "
          "server is on this machine. `off`: none."},
     &ClientValues::proxy},
    {{.key = "name",
      .form = Form::word,
      .option = "name",
      .operand = "NAME",
      .topic = running_topic,
      .brief = "Name of this client in status and logs (default: none)",
      .type = "name",
      .help = "Name of this client in the server's status and logs, and in `service.client`.",
      .default_text = "none"},
     &ClientValues::name},
    {{.key = "metadata",
      .form = Form::pairs,
      .option = "metadata",
      .operand = "KEY=VALUE",
      .is_repeated = true,
      .topic = running_topic,
      .type = client_metadata_type,
      .help = "Texts for the server's operator, like `{site: barn}`: shown in its status, and known to its plugins and "
              "to what looks up tokens there. Not secret, since they are sent before the server has proved itself. Up "
              "to 16 keys of 64 letters, digits and `._-`, values of 256 bytes, 1,024 bytes in all.",
      .default_text = "none"},
     &ClientValues::metadata},
    {{.key = "identity",
      .form = Form::word,
      .fault = identity_fault,
      .option = "identity",
      .operand = "NAME",
      .topic = running_topic,
      .type = "text",
      .help = "Identity that a client shares with its successor, for `replace`: up to 64 bytes that no other client of "
              "this token uses. See \"Hand-over of a client\" in operations.md.",
      .default_text = "made from this boot of this machine, the user, and the file or the services "
                      "(no default in the C++ API)"},
     &ClientValues::identity},
    {{.key = "replace",
      .form = Form::on_off,
      .option = "replace",
      .topic = running_topic,
      .help = "Replace the running client with the same token and identity: once all services of this client are "
              "registered and healthy, it gets the new visitors, and the other client finishes its present ones and "
              "ends. Without such a client, this is a normal start."},
     &ClientValues::replace},
    {{.key = "linger",
      .form = Form::time,
      .max = linger_ms_max,
      .option = "linger",
      .operand = "TIME",
      .topic = running_topic,
      .help = "How long the program stays idle after another client has replaced it, unless it is stopped. For "
              "supervisors that would restart it at once, such as Kubernetes.",
      .is_live = true},
     &ClientValues::linger},
    {{.key = "connections",
      .form = Form::number,
      .min = 1,
      .max = limits::trunks_per_tunnel_max,
      .option = "connections",
      .operand = "N",
      .topic = tunnel_topic,
      .help = "Number of connections to the server. Visitors are spread over them and over several cores; if one "
              "breaks, the others continue.",
      .default_text =
          "2, or 1 if a round trip to the server takes 2 ms or more, since visitors share one connection more "
          "evenly"},
     &ClientValues::connections},
    {{.key = "attempts",
      .form = Form::number,
      .max = limits::attempts_max,
      .option = "attempts",
      .operand = "N",
      .topic = tunnel_topic,
      .help = "Give up after this many failed attempts in a row, or after the server has refused all services this "
              "often; 0: never."},
     &ClientValues::attempts},
    {{.key = "retry_refused",
      .form = Form::time,
      .max = retry_refused_ms_max,
      .option = "retry-refused",
      .operand = "TIME",
      .topic = tunnel_topic,
      .help = "Shortest wait before retrying a server that has refused the token or the version permanently; the "
              "longest is five times this. Refused services are retried too. 0: the client ends instead.",
      .default_text = "1m with a configuration file or if the output is not a terminal, otherwise 0"},
     &ClientValues::retry_refused},
    {{.key = "token",
      .option = "token-file",
      .type = "token",
      .help = "Token to log in to the server with. Required.",
      .is_live = true,
      .is_required = true},
     {},
     [](const ClientValues& a, const ClientValues& b) { return a.token == b.token; },
     [](ClientValues& into, const ClientValues& from) { into.token = from.token; }},
    {{.key = "tls_ca",
      .form = Form::path,
      .choices = tls_ca_keywords,
      .option = "tls-ca",
      .operand = "FILE",
      .topic = tunnel_topic,
      .brief = "Verify the server's certificate against the CAs in this file",
      .type = "file, or `system`",
      .help = "Verify the server's certificate and name against the CAs in this PEM file; `system`: the system's CAs."},
     &ClientValues::tls_ca,
     [](const ClientValues& a, const ClientValues& b) { return a.tls_trust == b.tls_trust; }},
    {{.key = "tls_pin",
      .form = Form::word,
      .option = "tls-pin",
      .operand = "PIN",
      .topic = tunnel_topic,
      .brief = "Accept only the server with this key (sha256:...)",
      .type = "fingerprint",
      .help = "Accept only the server with this key, which it prints at start: sha256:..."},
     &ClientValues::tls_pin},
    {{.key = "managed",
      .form = Form::words,
      .fault = managed_target_fault,
      .option = "managed",
      .operand = "ADDRESS:PORTS",
      .is_repeated = true,
      .topic = running_topic,
      .type = "IP address or network with ports, or a list",
      .help = "Backends for which the server's administrator may add, remove, enable and disable services of this "
              "client, such "
              "as 127.0.0.1:3000-3999: with `ferrotunnel services --client` there; this client keeps them. See "
              "\"Managed from the server\" in operations.md.",
      .default_text = "none",
      .is_live = true},
     &ClientValues::managed},
    {{.key = "inspect",
      .form = Form::on_off,
      .option = "inspect",
      .operand = "on|off",
      .topic = running_topic,
      .brief = "Record requests for inspection (default: on at a terminal)",
      .help =
          "Record the latest exchanges between visitors and backends in memory, with secrets masked, for `ferrotunnel "
          "inspect`: requests, responses, messages, connections. The program turns it on at a terminal if no file sets "
          "it."},
     &ClientValues::inspect},
    {{.key = "inspect_memory",
      .form = Form::size,
      .min = limits::inspect_memory_min,
      .max = limits::inspect_memory_max,
      .option = "inspect-memory",
      .operand = "SIZE",
      .topic = inspector_topic,
      .help = "Memory for all recorded exchanges. The oldest are dropped first, also beyond 10,000 exchanges."},
     &ClientValues::inspect_memory},
    {{.key = "inspect_body",
      .form = Form::size,
      .max = limits::inspect_body_max,
      .option = "inspect-body",
      .operand = "SIZE",
      .topic = inspector_topic,
      .help = "Recorded bytes of each body; 0: none."},
     &ClientValues::inspect_body},
    {{.key = "inspect_mask",
      .form = Form::words,
      .fault = mask_fault,
      .option = "inspect-mask",
      .operand = "WORD",
      .is_repeated = true,
      .topic = inspector_topic,
      .type = "text, or a list",
      .help =
          "Also mask the values of fields, parameters and members whose names have this word as a part, such as `iban` "
          "in customer_iban and customerIban, in addition to the usual ones (password, token, key and so on). `off` as "
          "the only word: mask nothing.",
      .default_text = "the usual ones"},
     &ClientValues::inspect_mask},
    {{.key = "visits",
      .type = "list of visits",
      .help = "Private services of other clients to reach from this machine; see \"Visits\" below.",
      .is_live = true,
      .keys = visit_keys},
     {},
     [](const ClientValues& a, const ClientValues& b) { return a.visits == b.visits; },
     [](ClientValues& into, const ClientValues& from) { into.visits = from.visits; }},
};

constexpr SettingFacts of_client_section[] = {
    {.key = "services",
     .type = "list of services",
     .help = "Services to offer. Required without `visits`.",
     .keys = service_keys},
    {.key = "disabled",
     .type = "list of disabled services",
     .help = "Services of this configuration that are not offered, up to 1,024. Names that no service has are ignored. "
             "`ferrotunnel services disable` writes it into `conf.d/90-runtime.yml`; by hand, use `enabled: off` in "
             "the service.",
     .keys = disabled_service_keys},
};

}  // namespace

std::span<const Setting<ClientValues>> client_settings() noexcept {
    return settings_of_client;
}

std::span<const SettingFacts> client_section_keys() noexcept {
    return of_client_section;
}

ClientPart read_client(config::Section section, ConfigReading& reading) {
    ClientPart part;
    SectionReader reader(std::move(section), reading, reading.file.client_origins);
    reader.read_settings(part.settings);
    reader.read_group({}, program_settings, part);
    if (auto value = reader.find({}, "token")) {
        part.has_token = true;
        value->hide();
        if (std::optional<Secret> secret = read_token(*value, reading)) {
            part.settings.token = std::move(*secret);
        }
    }
    if (auto value = reader.find({}, "services")) {
        read_services(*value, reading, part);
    }
    if (auto value = reader.find({}, "visits")) {
        read_visits(*value, reading, part.settings.visits);
    }
    if (auto value = reader.find({}, "disabled")) {
        read_disabled_services(*value, part);
    }
    reader.finish();
    return part;
}

}  // namespace ferrotunnel::detail
