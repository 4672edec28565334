// Command lines of bore: `bore local 8000 --to HOST`, `bore server`.
#include <fmt/format.h>

#include <array>

#include "command_line_parts.hpp"
#include "mapping.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing::command_line {
namespace {

constexpr std::array bore_rows{
    OptionRow{"--to -t"},
    OptionRow{"--port -p"},
    OptionRow{"--local-host -l"},
    OptionRow{"--secret -s", Takes::value, Fate::secret},
    OptionRow{"--min-port"},
    OptionRow{"--max-port"},
    OptionRow{"--bind-addr"},
    OptionRow{"--bind-tunnels"},
    OptionRow{"--json", Takes::nothing, Fate::not_needed, "`--log-format json` is for programs, text for people"},
};

constexpr std::string_view public_server = "bore.pub";

void set_bore_token(Draft& draft, Side side, Words& words) {
    if (const auto secret = words.text("--secret")) {
        const Origin origin = words.origin("--secret");
        draft.set(side, "token", draft.token(side, "token", *secret, origin), origin);
    }
}

void read_bore_local(Draft& draft, Words& words) {
    const Origin command = origin_of("bore local", words.operands().empty() ? "" : words.operands().front());
    const auto port = words.operands().empty() ? std::nullopt : number_of(words.operands().front(), 1, 65535);
    if (!port) {
        throw SourceError(command, "`bore local` needs the port of the backend");
    }
    const std::string local = with_port(words.text("--local-host").value_or("localhost"), std::to_string(*port));
    const std::string remote = words.text("--port").value_or("0");
    if (!port_of(remote)) {
        throw SourceError(words.origin("--port"), "is not a valid port");
    }
    const std::string server = words.text("--to").value_or("");
    const Origin origin = words.origin("--to");
    if (server == public_server) {
        draft.ask(origin,
                  "bore.pub serves bore only: run `ferrotunnel server` on a machine of your own, and name it in "
                  "`server`");
    } else if (!server.empty()) {
        draft.client.set("server", in_brackets(server), origin);
        draft.ask(origin,
                  "bore and FerroTunnel both listen on port 7835: to run them side by side, start the server with "
                  "another port (`--bind 0.0.0.0:7836`) and write it behind `server`");
    }
    set_bore_token(draft, Side::client, words);
    add_login_to_fill_in(draft, command);
    draft.add_service("", "tcp", remote, local, command);
}

void read_bore_server(Draft& draft, Words& words) {
    const Origin command = origin_of("bore server", {});
    const std::string min = words.text("--min-port").value_or("1024");
    const std::string max = words.text("--max-port").value_or("65535");
    if (!number_of(min, 1, 65535) || !number_of(max, 1, 65535)) {
        throw SourceError(command, "--min-port and --max-port need a port");
    }
    const Origin origin = words.origin(words.has("--min-port") ? "--min-port" : "--max-port");
    if (words.has("--min-port") || words.has("--max-port")) {
        draft.server.at("allow_ports").add(fmt::format("{}-{}", min, max), origin);
    }
    const auto address = words.text("--bind-addr");
    if (address) {
        draft.server.set("bind", with_port(*address, "7835"), words.origin("--bind-addr"));
    }
    if (const auto ports = words.text("--bind-tunnels")) {
        draft.server.set("tcp_bind", *ports, words.origin("--bind-tunnels"));
    } else if (address) {
        draft.server.set("tcp_bind", *address, words.origin("--bind-addr"));
    }
    draft.server.set("http_bind", false);  // no port is open that bore did not have
    draft.ask(command, "bore listens on port 7835 too: stop it first, or start this server with another `bind`");
    set_bore_token(draft, Side::server, words);
}

}  // namespace

Draft read_bore(std::span<const std::string> words) {
    Draft draft;
    if (words.empty() || (words[0] != "local" && words[0] != "server")) {
        throw SourceError(origin_of("bore", {}), "only `bore local` and `bore server` can be imported");
    }
    const bool is_local = words[0] == "local";
    Words read(words.subspan(1), {"bore", bore_rows, Dashes::names, is_local ? 1U : 0U}, draft);
    is_local ? read_bore_local(draft, read) : read_bore_server(draft, read);
    read.lose_rest();
    return draft;
}

}  // namespace ferrotunnel::cli::importing::command_line
