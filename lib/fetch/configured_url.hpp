// URLs of configurations, which may also name a server at a Unix socket.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "fetch/message.hpp"

namespace ferrotunnel::fetch {

/// Like read_url(), and also "unix:/run/app.sock", the path "/" of the server that listens at this Unix socket, and
/// "unix:/run/app.sock:/path?query". Not for URLs that another server has sent: they must not reach this machine's
/// sockets.
Result<UrlParts, std::string_view> read_configured_url(std::string_view text);

}  // namespace ferrotunnel::fetch
