"""The keys of the full example files of other tunnels, by where their users put them here. Each has a hint in `check`.

Names that are keys of that section here, too, have the meaning that they have here, and are not listed."""

SERVER = """
bindAddr bindPort kcpBindPort quicBindPort proxyBindAddr vhostHTTPPort vhostHTTPSPort vhostHTTPTimeout
tcpmuxHTTPConnectPort tcpmuxPassthrough webServer enablePrometheus log detailedErrorsToClient auth allowPorts
maxPortsPerClient subDomainHost udpPacketSize natholeAnalysisDataReserveHours sshTunnelGateway custom404Page httpPlugins
userConnTimeout transport.quic transport.heartbeatTimeout transport.maxPoolCount transport.tcpMux
transport.tcpMuxKeepaliveInterval transport.tcpKeepalive transport.tls transport.tls.force transport.tls.certFile
transport.tls.keyFile transport.tls.trustedCaFile auth.method auth.token auth.tokenSource auth.additionalScopes auth.oidc
webServer.addr webServer.port webServer.user webServer.password webServer.tls webServer.pprofEnable log.to log.level
log.maxDays log.disablePrintColor sshTunnelGateway.bindPort
bind_addr bind_port kcp_bind_port proxy_bind_addr vhost_http_port vhost_https_port vhost_http_timeout dashboard_addr
dashboard_port dashboard_user dashboard_pwd assets_dir enable_prometheus log_file log_level log_max_days
disable_log_color detailed_errors_to_client authentication_method allow_ports_ max_pool_count max_ports_per_client
tls_only subdomain_host tcp_mux custom_404_page udp_packet_size heartbeat_timeout user_conn_timeout includes
default_token heartbeat_interval transport.type transport.noise transport.websocket transport.tcp
"""
CLIENT = """
user serverAddr serverPort natHoleStunServer loginFailExit log auth webServer dnsServer start udpPacketSize virtualNet
featureGates metadatas includes store clientID proxies visitors transport.dialServerTimeout
transport.dialServerKeepalive transport.poolCount transport.tcpMux transport.tcpMuxKeepaliveInterval transport.protocol
transport.connectServerLocalIP transport.proxyURL transport.quic transport.tls transport.tls.enable transport.tls.certFile
transport.tls.serverName transport.tls.disableCustomTLSFirstByte transport.heartbeatInterval transport.heartbeatTimeout
auth.token auth.oidc webServer.port metadatas.var1
server_addr server_port http_proxy log_file log_level log_max_days admin_addr admin_port admin_user admin_pwd pool_count
tcp_mux login_fail_exit tls_enable tls_cert_file tls_key_file tls_trusted_ca_file tls_server_name dns_server meta_var1
heartbeat_interval dial_server_timeout connect_server_local_ip nat_hole_stun_server
remote_addr default_token retry_interval prefer_ipv6 transport.type transport.noise transport.websocket transport.tcp
tunnel credentials-file ingress warp-routing protocol loglevel transport-loglevel logfile log-directory region
edge-ip-version edge-bind-address retries grace-period no-autoupdate autoupdate-freq origincert pidfile post-quantum tag
ha-connections originRequest url hostname
agent authtoken api_key connect_url console_ui console_ui_color dns_resolver_ips heartbeat_tolerance inspect_db_size
log_format proxy_url remote_management root_cas update_channel update_check web_addr web_allow_hosts endpoints
tunnels agent.authtoken agent.proxy_url agent.dns_resolver_ips
"""
SERVICE = """
type localIP localPort remotePort annotations metadatas customDomains subdomain locations routeByHTTPUser
hostHeaderRewrite httpUser httpPassword multiplexer secretKey allowUsers plugin healthCheck loadBalancer
natTraversal transport.bandwidthLimit transport.bandwidthLimitMode transport.useEncryption transport.useCompression
transport.proxyProtocolVersion requestHeaders.set responseHeaders.set loadBalancer.group loadBalancer.groupKey
healthCheck.type plugin.type plugin.unixPath plugin.localAddr
local_ip local_port remote_port use_encryption use_compression bandwidth_limit bandwidth_limit_mode custom_domains
http_user http_pwd host_header_rewrite header_X-From meta_var1 proxy_protocol_version_ group_key sk role plugin_
plugin_unix_path plugin_local_addr plugin_http_user plugin_http_passwd plugin_local_path plugin_strip_prefix
health_check_type health_check_timeout_s health_check_max_failed health_check_interval_s health_check_url
serverName serverUser keepTunnelOpen maxRetriesAnHour minRetryInterval fallbackTo fallbackTimeoutMs
local_addr bind_addr nodelay retry_interval
hostname service originRequest originRequest.connectTimeout originRequest.tlsTimeout originRequest.tcpKeepAlive
originRequest.noHappyEyeballs originRequest.keepAliveConnections originRequest.keepAliveTimeout
originRequest.httpHostHeader originRequest.originServerName originRequest.matchSNItoHost originRequest.caPool
originRequest.noTLSVerify originRequest.disableChunkedEncoding originRequest.bastionMode originRequest.proxyAddress
originRequest.proxyPort originRequest.proxyType originRequest.http2Origin originRequest.access originRequest.ipRules
proto addr domain schemes inspect basic_auth oauth oidc url description bindings pooling_enabled metadata traffic_policy
upstream ip_restriction circuit_breaker compression mutual_tls_cas remote_addr request_header response_header
user_agent_filter verify_webhook verify_upstream_tls websocket_tcp_converter labels
"""


def names(text):
    """Without the names that end in "_": this program has them, without it."""
    return sorted({word for word in text.split() if not word.endswith("_")})
