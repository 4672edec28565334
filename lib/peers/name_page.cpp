#include "peers/name_page.hpp"

#include <array>
#include <utility>

#include "directory/claim_name.hpp"
#include "peers/claim_names.hpp"
#include "peers/limits.hpp"

namespace ferrotunnel::peers {
namespace {

constexpr std::array<std::string_view, 4> readiness_words{"ready", "standby", "unhealthy", "draining"};

void describe(const cluster::Name& name, NameRow& row) {
    if (name.kind() == cluster::Name::Kind::service) {
        row.kind = "private";
        row.name = name.encoded().substr(name.encoded().find(' ') + 1);
        return;
    }
    const directory::ClaimName known = claim_name(name);
    if (known.is_port()) {
        row.kind = known.transport == directory::Transport::udp ? "udp" : "tcp";
        row.name = std::to_string(known.port);
        return;
    }
    const bool is_tls = known.path == directory::tls_instead_of_path;
    row.kind = is_tls ? "tls" : "http";
    row.name = known.host + (is_tls || known.path == "/" ? std::string() : known.path);
}

}  // namespace

NamePage page_of_names(const cluster::Register& names, const cluster::Members& members, std::size_t position) {
    NamePage page;
    const cluster::ClaimTable& table = names.table();
    page.next = table.visit_entries(position, limits::names_looked_at, [&](const cluster::ClaimTable::Entry& entry) {
        NameRow& row = page.rows.emplace_back();
        describe(entry.claim.name, row);
        row.member = members.name(entry.member);
        row.readiness = readiness_words.at(static_cast<std::size_t>(entry.claim.readiness));
        row.routes = entry.routes;
        return true;
    });
    return page;
}

}  // namespace ferrotunnel::peers
