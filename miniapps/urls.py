"""Addresses of the OIDC provider, under the names the toolkit looks them up by."""

from django.urls import include, path

from miniapps.api import sign_in

oidc = (
    [
        path(
            ".well-known/openid-configuration",
            sign_in.DiscoveryView.as_view(),
            name="oidc-connect-discovery-info",
        ),
        path(".well-known/jwks.json", sign_in.JwksInfoView.as_view(), name="jwks-info"),
        path("oauth/authorize/", sign_in.AuthorizationView.as_view(), name="authorize"),
        path("oauth/resume/", sign_in.resume, name="resume"),
        path("oauth/token/", sign_in.TokenView.as_view(), name="token"),
        path("oauth/revoke/", sign_in.RevokeTokenView.as_view(), name="revoke-token"),
        path("oauth/userinfo/", sign_in.UserInfoView.as_view(), name="user-info"),
    ],
    "oauth2_provider",
)

urlpatterns = [path("", include(oidc))]
