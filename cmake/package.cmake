# cmake --install: headers, the library, the CMake package, the pkg-config file and the program.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ferrotunnel)
install(TARGETS ferrotunnel_library EXPORT ferrotunnelTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET ferrotunnel)
  # The program finds a shared library of the same installation wherever that was put.
  file(RELATIVE_PATH bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(ferrotunnel PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
  install(TARGETS ferrotunnel RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ ${FERROTUNNEL_GENERATED_INCLUDE_DIR}/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")

install(EXPORT ferrotunnelTargets NAMESPACE ferrotunnel:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/ferrotunnelConfig.cmake.in
  ${PROJECT_BINARY_DIR}/ferrotunnelConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ferrotunnelConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ferrotunnelConfig.cmake ${PROJECT_BINARY_DIR}/ferrotunnelConfigVersion.cmake
  DESTINATION ${package_dir})

# A static library brings its users the libraries below it; a shared one knows its own.
set(pc_requires "")
if(NOT BUILD_SHARED_LIBS)
  set(pc_requires "openssl >= 3.0, fmt, spdlog, re2, yaml-cpp")
endif()
list(TRANSFORM FERROTUNNEL_ASIO_DEFINITIONS PREPEND "-D" OUTPUT_VARIABLE pc_definitions)
list(JOIN pc_definitions " " pc_definitions)
file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/ferrotunnel.pc.in ${PROJECT_BINARY_DIR}/ferrotunnel.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ferrotunnel.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
