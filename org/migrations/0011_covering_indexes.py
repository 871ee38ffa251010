"""Who serves below a unit is read from two indexes alone; they take the places of narrower ones."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Builds first and drops then, so that reading waits for a moment only."""

    dependencies = [
        ("org", "0010_former_names"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                fields=["unit"],
                include=("person", "valid_from", "valid_to"),
                name="org_appointment_serving",
            ),
        ),
        migrations.AddIndex(
            model_name="unit",
            index=models.Index(fields=["tree_id", "lft"], include=("id",), name="org_unit_subtree"),
        ),
        migrations.AlterField(
            model_name="appointment",
            name="unit",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="org.unit",
            ),
        ),
        migrations.RemoveIndex(
            model_name="unit",
            name="org_unit_tree_lft",
        ),
    ]
