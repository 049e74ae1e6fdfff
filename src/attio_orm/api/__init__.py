"""One module per resource of Attio: builds requests, reads answers, knows no models.

The mapping layer uses the operations of the modules; people use ``connection.api``, which is
``Api`` of ``attio_orm.api.facade``.
"""
